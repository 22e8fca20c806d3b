"""The words of the shop: colours, brands, patterns, seasons and article types."""

from dataclasses import dataclass

RGB = tuple[int, int, int]

SOLID = "Solid"
PATTERNS = (SOLID, "Striped", "Checked", "Dotted", "Printed")
PATTERN_WEIGHTS = (0.36, 0.16, 0.16, 0.16, 0.16)
SEASONS = ("Spring", "Summer", "Fall", "Winter")
YEARS = range(2011, 2020)

COLOURS: dict[str, RGB] = {
    "Black": (30, 30, 33),
    "White": (253, 253, 251),
    "Grey": (142, 144, 148),
    "Navy": (27, 40, 96),
    "Blue": (48, 122, 222),
    "Red": (207, 36, 44),
    "Green": (42, 150, 78),
    "Yellow": (247, 211, 48),
    "Pink": (246, 142, 182),
    "Purple": (126, 62, 166),
    "Brown": (120, 75, 44),
    "Orange": (242, 126, 32),
}

# Each brand's emblem: its shape (see `emblems`) and its colour.
BRANDS: dict[str, tuple[str, RGB]] = {
    "Arden": ("triangle", (0, 138, 72)),
    "Farrowby": ("heart", (226, 42, 138)),
    "Kestrel": ("chevron", (208, 24, 32)),
    "Ondrel": ("diamond", (132, 58, 200)),
    "Quillon": ("star", (24, 24, 28)),
    "Solmere": ("ring", (246, 150, 0)),
    "Tindale": ("cross", (24, 92, 214)),
    "Vintrel": ("bolt", (0, 164, 184)),
}


@dataclass(frozen=True)
class Article:
    """A kind of product and what the shop sells it as."""

    name: str
    master_category: str
    sub_category: str
    genders: tuple[str, ...]
    usages: tuple[str, ...]
    patterned: bool = True


_BOTH = ("Men", "Women")
_WOMEN = ("Women",)
_UNISEX = ("Unisex",)
_CASUAL = ("Casual",)
_SMART = ("Casual", "Formal")
_ACTIVE = ("Casual", "Sports")

ARTICLES: tuple[Article, ...] = (
    Article("Shirt", "Apparel", "Topwear", _BOTH, _SMART),
    Article("Tshirt", "Apparel", "Topwear", _BOTH, _ACTIVE),
    Article("Kurta", "Apparel", "Topwear", _BOTH, _SMART),
    Article("Dress", "Apparel", "Dress", _WOMEN, _SMART),
    Article("Jeans", "Apparel", "Bottomwear", _BOTH, _CASUAL, patterned=False),
    Article("Skirt", "Apparel", "Bottomwear", _WOMEN, _SMART),
    Article("Shorts", "Apparel", "Bottomwear", _BOTH, _ACTIVE),
    Article("Casual Shoes", "Footwear", "Shoes", _BOTH, _ACTIVE, patterned=False),
    Article("Heels", "Footwear", "Shoes", _WOMEN, _SMART, patterned=False),
    Article("Sandals", "Footwear", "Sandal", _BOTH, _CASUAL, patterned=False),
    Article("Handbag", "Accessories", "Bags", _WOMEN, _SMART),
    Article("Backpack", "Accessories", "Bags", _UNISEX, _ACTIVE),
    Article("Watch", "Accessories", "Watches", _BOTH, _SMART, patterned=False),
    Article("Sunglasses", "Accessories", "Eyewear", (*_BOTH, "Unisex"), _CASUAL, patterned=False),
    Article("Cap", "Accessories", "Headwear", _UNISEX, _ACTIVE),
    Article("Socks", "Accessories", "Socks", _BOTH, _ACTIVE),
)
