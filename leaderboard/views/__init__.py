"""The pages; streamlit runs each file as a script."""
