"""What happens around a run: pairs become pipelines, progress and results are told."""

from shopclip.hooks.error_hook import ErrorHook
from shopclip.hooks.leaderboard_hook import LeaderboardHook
from shopclip.hooks.pairs_hook import PairsHook
from shopclip.hooks.progress_hook import ProgressHook
from shopclip.hooks.provenance_hook import ProvenanceHook
from shopclip.hooks.run_lock_hook import RunLockHook
from shopclip.hooks.tracking_hook import TrackingHook

__all__ = [
    "ErrorHook",
    "LeaderboardHook",
    "PairsHook",
    "ProgressHook",
    "ProvenanceHook",
    "RunLockHook",
    "TrackingHook",
]
