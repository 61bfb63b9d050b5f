"""Runs with the product's settings: connects the demo's other numbers, prints where its main one takes deliveries."""

import sys

import django

django.setup()

from labelapp.actions.demo import GONE, MAIN, SILENT, connect_demo  # noqa: E402
from labelapp.actions.hooks import hook_address  # noqa: E402

if __name__ == "__main__":
    for place in (SILENT, GONE):
        connect_demo(sys.argv[1], place)
    print(hook_address(connect_demo(sys.argv[1], MAIN)))
