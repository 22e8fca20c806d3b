"""What happens around a run: pairs become pipelines, progress and results are told."""

from shopclip.hooks.checks_hook import ChecksHook, PairsHook
from shopclip.hooks.console_hook import LeaderboardHook, ProgressHook
from shopclip.hooks.error_hook import ErrorHook
from shopclip.hooks.interruption_hook import InterruptionHook
from shopclip.hooks.provenance_hook import ProvenanceHook
from shopclip.hooks.run_lock_hook import RunLockHook
from shopclip.hooks.search_hook import SearchManifestHook
from shopclip.hooks.tracking_hook import TrackingHook

__all__ = [
    "ChecksHook",
    "ErrorHook",
    "InterruptionHook",
    "LeaderboardHook",
    "PairsHook",
    "ProgressHook",
    "ProvenanceHook",
    "RunLockHook",
    "SearchManifestHook",
    "TrackingHook",
]
