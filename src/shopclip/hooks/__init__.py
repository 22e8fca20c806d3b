"""What happens around a run: pairs become pipelines, results go to MLflow and to the terminal."""

from shopclip.hooks.leaderboard_hook import LeaderboardHook
from shopclip.hooks.pairs_hook import PairsHook
from shopclip.hooks.tracking_hook import TrackingHook

__all__ = ["LeaderboardHook", "PairsHook", "TrackingHook"]
