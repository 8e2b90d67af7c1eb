#!/usr/bin/env python3
"""Checks the proofs that dbx writes, with nothing but the standard library and RFC 6962.

Reads one proof a line, prints `holds` or `refused: why` for each, and ends with 0 where all hold."""
import base64, hashlib, json, re, sys

def need(condition, why):
    if not condition: raise ValueError(why)

def sha256(*parts): return hashlib.sha256(b"".join(parts)).digest()

def members(value, names, optional=()):
    need(type(value) is dict and set(names) <= set(value) <= set(names) | set(optional), "other members")
    return [value.get(name) for name in (*names, *optional)]

def digest(text):
    need(type(text) is str and re.fullmatch("[0-9a-f]{64}", text), "not a hash")
    return bytes.fromhex(text)

def raw(text):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "not canonical base64")
    return data

def climb(low, high, old, new, path, size):
    """Joins the hashes of a path; `old` leaves out what was added on the right. Each join has to be where RFC 6962
    splits the leaves that it covers: at the largest power of two below their number."""
    need(type(path) is list and type(low) is type(high) is type(size) is int and 0 <= low < high <= size, "no such leaf")
    for start, end, text in (members(entry, ["from", "to", "hash"]) for entry in path):
        need(type(start) is type(end) is int and start < end, "not a range")
        side = digest(text)
        if end == low:
            old, new, low, middle = sha256(b"\1", side, old), sha256(b"\1", side, new), start, end
        else:
            need(start == high, "a gap in the path")
            new, high, middle = sha256(b"\1", new, side), end, start
        need(middle - low == 1 << (high - low - 1).bit_length() - 1, "a split where none is")
    need((low, high) == (0, size), "the path does not reach the root")
    return old, new

def inclusion(proof):
    header, aggregate, log, body = members(proof, ["header", "aggregate", "log"], ["body"])
    leaf = sha256(b"\0", raw(header))
    if "body" in proof:  # The header's last entry, number 14, is the hash of the body: 32 bytes.
        need(raw(header).endswith(b"\x0e\x58\x20" + sha256(raw(body))), "another body")
    for tree in (aggregate, log):
        index, size, root, path = members(tree, ["index", "size", "root", "path"])
        need(type(index) is int and climb(index, index + 1, leaf, leaf, path, size)[1] == digest(root), "another root")

def consistency(proof):
    old, old_root, new, new_root, path = members(proof, ["old_size", "old_root", "new_size", "new_root", "path"])
    need(type(old) is type(new) is int and 0 < old <= new and type(path) is list, "not two sizes")
    if old & (old - 1) and old < new:  # The older tree is no single node of the newer: the first hash is its last one.
        low, high, first = members(path[0], ["from", "to", "hash"])
        start, path = (low, high, digest(first), digest(first)), path[1:]
        need(high == old, "the older tree ends elsewhere")
    else:
        start = (0, old, digest(old_root), digest(old_root))
    need(climb(*start, path, new) == (digest(old_root), digest(new_root)), "other roots")

def once(pairs):
    need(len(dict(pairs)) == len(pairs), "a member twice")
    return dict(pairs)

def number(text):
    need(text != "-0", "not a number")
    return int(text)

def verdict(line):
    try:
        proof = json.loads(line, object_pairs_hook=once, parse_int=number)
        need(type(proof) is dict and len(proof) == 1, "not one proof")
        [(kind, content)] = proof.items()
        {"inclusion": inclusion, "consistency": consistency}[kind](content)
        return "holds"
    except (ValueError, KeyError, IndexError, TypeError) as error:
        return f"refused: {error}"

if __name__ == "__main__":
    verdicts = [verdict(line) for line in sys.stdin.buffer.read().split(b"\n") if line]
    print("\n".join(verdicts))
    sys.exit(0 if all(it == "holds" for it in verdicts) else 1)
