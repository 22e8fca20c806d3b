"""The words of the shop: colours, brands, patterns, cuts, seasons and article types."""

from dataclasses import dataclass

RGB = tuple[int, int, int]

SOLID = "Solid"
PATTERNS = (SOLID, "Striped", "Checked", "Dotted", "Printed")
PATTERN_WEIGHTS = (0.36, 0.16, 0.16, 0.16, 0.16)
SEASONS = ("Spring", "Summer", "Fall", "Winter")
YEARS = range(2011, 2020)

# From the commonest to the rarest.
COLOURS: dict[str, RGB] = {
    "Black": (30, 30, 33),
    "White": (253, 253, 251),
    "Blue": (48, 122, 222),
    "Brown": (120, 75, 44),
    "Grey": (142, 144, 148),
    "Red": (207, 36, 44),
    "Green": (42, 150, 78),
    "Pink": (246, 142, 182),
    "Navy": (27, 40, 96),
    "Purple": (126, 62, 166),
    "Yellow": (247, 211, 48),
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


# Apart in luma by this much (of 255), two colours are told apart in a pattern two pixels wide.
_INK_CONTRAST = 70.0


def luma(color: RGB) -> float:
    """How light a colour is, from 0 to 255 (the weights of ITU-R BT.601)."""
    red, green, blue = color
    return 0.299 * red + 0.587 * green + 0.114 * blue


def inks_on(colour: str) -> list[str]:
    """The colours that a pattern on cloth of this colour may have."""
    ground = luma(COLOURS[colour])
    return [ink for ink, color in COLOURS.items() if abs(luma(color) - ground) >= _INK_CONTRAST]


@dataclass(frozen=True)
class Feature:
    """A yes-or-no of an article's cut that its caption names."""

    flag: str
    """The field of `silhouettes.Cut`."""
    words: tuple[str, str]
    """Without and with it; what is empty goes without saying."""


@dataclass(frozen=True)
class Article:
    """A kind of product and what the shop sells it as."""

    name: str
    master_category: str
    sub_category: str
    genders: tuple[str, ...]
    usages: tuple[str, ...]
    patterned: bool = True
    features: tuple[Feature, ...] = ()


_BOTH = ("Men", "Women")
_WOMEN = ("Women",)
_UNISEX = ("Unisex",)
_CASUAL = ("Casual",)
_SMART = ("Casual", "Formal")
_ACTIVE = ("Casual", "Sports")

_SLEEVES = Feature("long_sleeves", ("Half Sleeve", "Full Sleeve"))
_NECK = Feature("deep_neck", ("Round Neck", "V Neck"))
_KURTA_LENGTH = Feature("long", ("Short", "Long"))
_DRESS_LENGTH = Feature("long", ("Mini", "Maxi"))
_DRESS_FLARE = Feature("deep_neck", ("Straight", "Flared"))
_LEG = Feature("wide", ("Straight", "Bootcut"))
_SKIRT_LENGTH = Feature("long", ("Mini", "Midi"))
_SKIRT_FLARE = Feature("wide", ("Pencil", "Flared"))
_SHAFT = Feature("long", ("Low Top", "High Top"))
_HEEL = Feature("wide", ("Stiletto", "Block"))
_STRAP = Feature("long", ("", "Strapped"))
_FLAP = Feature("deep_neck", ("", "Flap"))
_CASE = Feature("wide", ("Round", "Square"))

# From what a shop sells most of to what it sells least of, as the colours.
ARTICLES: tuple[Article, ...] = (
    Article("Tshirt", "Apparel", "Topwear", _BOTH, _ACTIVE, True, (_NECK, _SLEEVES)),
    Article("Shirt", "Apparel", "Topwear", _BOTH, _SMART, True, (_SLEEVES,)),
    Article("Casual Shoes", "Footwear", "Shoes", _BOTH, _ACTIVE, False, (_SHAFT,)),
    Article("Watch", "Accessories", "Watches", _BOTH, _SMART, False, (_CASE,)),
    Article("Kurta", "Apparel", "Topwear", _BOTH, _SMART, True, (_KURTA_LENGTH,)),
    Article("Handbag", "Accessories", "Bags", _WOMEN, _SMART, True, (_FLAP,)),
    Article("Dress", "Apparel", "Dress", _WOMEN, _SMART, True, (_DRESS_FLARE, _DRESS_LENGTH)),
    Article("Sunglasses", "Accessories", "Eyewear", (*_BOTH, "Unisex"), _CASUAL, False),
    Article("Heels", "Footwear", "Shoes", _WOMEN, _SMART, False, (_STRAP, _HEEL)),
    Article("Jeans", "Apparel", "Bottomwear", _BOTH, _CASUAL, False, (_LEG,)),
    Article("Sandals", "Footwear", "Sandal", _BOTH, _CASUAL, False),
    Article("Backpack", "Accessories", "Bags", _UNISEX, _ACTIVE),
    Article("Shorts", "Apparel", "Bottomwear", _BOTH, _ACTIVE),
    Article("Skirt", "Apparel", "Bottomwear", _WOMEN, _SMART, True, (_SKIRT_FLARE, _SKIRT_LENGTH)),
    Article("Socks", "Accessories", "Socks", _BOTH, _ACTIVE),
    Article("Cap", "Accessories", "Headwear", _UNISEX, _ACTIVE),
)
