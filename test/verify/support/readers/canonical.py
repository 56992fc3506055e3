"""Values as texts, for canonical.ts: NULL is None, structs are lists of their members, maps are lists of [key, value]."""
import datetime
import decimal
import uuid


def canonical(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, decimal.Decimal):
        return format(value, 'f')
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat(sep=' ', timespec='microseconds')
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.isoformat(timespec='microseconds')
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, (str, uuid.UUID)):
        return str(value)
    if isinstance(value, tuple) and hasattr(value, '__fields__'):  # a Row of Spark: a struct
        return [canonical(each) for each in value]
    if isinstance(value, dict):
        return [[canonical(key), canonical(each)] for key, each in value.items()]
    return [canonical(each) for each in value]
