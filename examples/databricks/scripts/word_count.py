"""Counts words. Usage: word_count.py [--top N] [FILE...]; without a file it counts its own source."""
import argparse
import collections
import pathlib
import re
import sys


def main():
    parser = argparse.ArgumentParser(description="Counts the words of text files.")
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="files to read (default: this script)")
    parser.add_argument("--top", type=int, default=5, help="how many words to print")
    wanted = parser.parse_args()

    words = collections.Counter()
    for file in wanted.files or [pathlib.Path(__file__)]:
        words.update(re.findall(r"[a-z']+", file.read_text(encoding="utf-8").lower()))
    if not words:
        sys.exit("no words found")

    for word, count in words.most_common(wanted.top):
        print(f"{count:6} {word}")
    print(f"{sum(words.values())} words, {len(words)} different")


if __name__ == "__main__":
    main()
