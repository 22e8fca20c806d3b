"""What every artefact was made from, and whether that still lies there.

```python
records = Records(Path("data/.provenance"))
require(records, [Path("data/07_model_output/bert_resnet/image_embeddings")])
```
"""

from shopclip.provenance.lineage import ProvenanceError, require
from shopclip.provenance.records import Record, Records

__all__ = ["ProvenanceError", "Record", "Records", "require"]
