"""More choices."""


def choices():
    pass
