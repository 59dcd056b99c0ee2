"""From run directories to answers: compare two, rank many, describe flexibility. Plain dictionaries come out."""
