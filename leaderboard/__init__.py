"""The Streamlit leaderboard and the one-file report; both read run directories only."""
