"""From run directories to answers: compare two, rank many, describe flexibility. Typed records come out."""
