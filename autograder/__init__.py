import sys

# jsonschema, which reads notebooks, would build a grammar of international addresses in most of a second, at the start
# of every process that grades. No notebook's schema asks for such an address.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
