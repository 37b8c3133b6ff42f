"""Writes the Parquet files beside it with pyarrow, DuckDB and Spark, and expected.json
with the values that went in, from the Python values and never through a reader.

    pip install pyarrow duckdb pyspark    # Spark also needs a Java runtime
    python make_fixtures.py [pyarrow] [duckdb] [spark]

expected.json has, per column, one entry a row: integers as they are, booleans as 0 and 1,
decimals and floats in millionths, times in microseconds (of wall clock where the column has
no zone), dates in days, text as text, null as null.
"""
import datetime as dt
import glob
import json
import os
import shutil
import sys
import tempfile
from decimal import Decimal

ROWS = 41
HERE = os.path.dirname(os.path.abspath(__file__))
EPOCH = dt.datetime(1970, 1, 1)


def moment(i):
    """A naive time of whole microseconds; some before 1970."""
    return dt.datetime(1965, 3, 1, 23, 59, 59, 987654) + dt.timedelta(days=700 * i, microseconds=1001 * i)


def milli(t):
    return t.replace(microsecond=t.microsecond // 1000 * 1000)


def sign(i):
    return -1 if i % 3 == 0 else 1


# name: (value of row i, how it is expected to be read)
same = lambda v: v
micros = lambda t: (t - EPOCH) // dt.timedelta(microseconds=1)
millionths = lambda d: int(d * 1_000_000)
tenths = lambda f: int(Decimal("%.1f" % f) * 1_000_000)
COLUMNS = {
    "id": (lambda i: 1000 + i, same),  # never null
    "flag": (lambda i: i % 3 == 0, int),
    "i8": (lambda i: sign(i) * (i + 80), same),
    "i16": (lambda i: sign(i) * (i + 32000), same),
    "i32": (lambda i: sign(i) * (2**31 - 50 + i), same),
    "i64": (lambda i: sign(i) * (2**63 - 50 + i), same),
    "u8": (lambda i: 215 + i, same),
    "u16": (lambda i: 65490 + i, same),
    "u32": (lambda i: 2**32 - 50 + i, same),
    "u64": (lambda i: 2**63 - 50 + i, same),
    "text": (lambda i: "wörd-%d" % (i % 5), same),
    "long_text": (lambda i: "unique text number %d " % (i * i) * (i % 4), same),
    "nothing": (lambda i: None, same),
    "day": (lambda i: (dt.date(1950, 1, 31) + dt.timedelta(days=577 * i)), lambda d: (d - dt.date(1970, 1, 1)).days),
    "utc_ms": (lambda i: milli(moment(i)), micros),
    "utc_us": (moment, micros),
    "utc_ns": (moment, micros),
    "local_ms": (lambda i: milli(moment(i)), micros),
    "local_us": (moment, micros),
    "local_ns": (moment, micros),
    "int96": (moment, micros),
    "dec4": (lambda i: Decimal(sign(i) * (9000 + i)).scaleb(-1), millionths),
    "dec9": (lambda i: Decimal(sign(i) * (999_999_900 + i)).scaleb(-2), millionths),
    "dec18": (lambda i: Decimal(sign(i) * (90_000_000_000_000_000 + i)).scaleb(-4), millionths),
    "dec38": (lambda i: Decimal(sign(i) * (9_000_000_000_000_000_000 + i)).scaleb(-6), millionths),
    "f32": (lambda i: sign(i) * (i + 0.1), tenths),  # as 32 bits the nearest to i.1, which is what it must be read as
    "f64": (lambda i: sign(i) * (i * 1024 + 0.1), tenths),
}
UNSIGNED_OVERFLOW = 2**63  # u64 at or above it is a reject: expected null


def values(name):
    make = COLUMNS[name][0]
    seed = sum(map(ord, name))
    return [None if name != "id" and (i + seed) % 7 == 3 else make(i) for i in range(ROWS)]


def expected():
    out = {}
    for name, (_, read) in COLUMNS.items():
        out[name] = [None if v is None else read(v) for v in values(name)]
    out["u64"] = [None if v is None or v >= UNSIGNED_OVERFLOW else v for v in out["u64"]]
    with open(os.path.join(HERE, "expected.json"), "w") as f:
        f.write("{\n" + ",\n".join('"%s": %s' % (k, json.dumps(v)) for k, v in out.items()) + "\n}\n")


def write_pyarrow():
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "id": pa.int64(), "flag": pa.bool_(), "i8": pa.int8(), "i16": pa.int16(), "i32": pa.int32(), "i64": pa.int64(),
        "u8": pa.uint8(), "u16": pa.uint16(), "u32": pa.uint32(), "u64": pa.uint64(), "text": pa.string(), "long_text": pa.string(),
        "nothing": pa.string(), "day": pa.date32(), "utc_ms": pa.timestamp("ms", "UTC"), "utc_us": pa.timestamp("us", "UTC"),
        "utc_ns": pa.timestamp("ns", "UTC"), "local_ms": pa.timestamp("ms"), "local_us": pa.timestamp("us"),
        "local_ns": pa.timestamp("ns"), "dec4": pa.decimal128(4, 1), "dec9": pa.decimal128(9, 2), "dec18": pa.decimal128(18, 4),
        "dec38": pa.decimal128(38, 6), "f32": pa.float32(), "f64": pa.float64(),
    }

    def table(names):
        schema = pa.schema([pa.field(n, types[n], nullable=n != "id") for n in names])
        return pa.table([pa.array(values(n), types[n]) for n in names], schema=schema)

    def save(name, t, **options):
        options = {"compression": "none", "store_schema": False, "row_group_size": 25, "data_page_size": 64, "write_batch_size": 10,
                   "version": "2.6", **options}
        pq.write_table(t, os.path.join(HERE, "pyarrow-%s.parquet" % name), **options)

    whole = table(types)
    for codec in ["none", "snappy", "gzip", "zstd"]:
        for page in ["1.0", "2.0"]:
            dictionary = (codec in ("none", "zstd")) == (page == "1.0")
            save("%s-v%s-%s" % (codec, page[0], "dictionary" if dictionary else "plain"), whole, compression=codec,
                 data_page_version=page, use_dictionary=dictionary, write_page_checksum=codec in ("none", "gzip"))
    save("int96", pa.table([pa.array(values("int96"), pa.timestamp("ns"))], ["int96"]), use_deprecated_int96_timestamps=True)
    save("decimal-integers", table(["dec4", "dec9", "dec18"]), store_decimal_as_integer=True)
    ints, texts = ["id", "i32", "i64", "u32", "u64", "utc_us"], ["text", "long_text"]
    save("delta", table(ints + texts + ["dec9"]), use_dictionary=False, data_page_version="2.0", compression="zstd",
         column_encoding={**{n: "DELTA_BINARY_PACKED" for n in ints}, "text": "DELTA_BYTE_ARRAY", "long_text": "DELTA_LENGTH_BYTE_ARRAY",
                          "dec9": "DELTA_BYTE_ARRAY"})
    save("one-page", whole, row_group_size=1000, data_page_size=1 << 20, write_batch_size=1024, compression="snappy")
    pq.write_table(table(["id", "text"]).slice(0, 0), os.path.join(HERE, "pyarrow-no-rows.parquet"))


def write_duckdb():
    import duckdb

    types = {
        "id": "BIGINT", "flag": "BOOLEAN", "i8": "TINYINT", "i16": "SMALLINT", "i32": "INTEGER", "i64": "BIGINT", "u8": "UTINYINT",
        "u16": "USMALLINT", "u32": "UINTEGER", "u64": "UBIGINT", "text": "VARCHAR", "long_text": "VARCHAR", "nothing": "VARCHAR",
        "day": "DATE", "utc_us": "TIMESTAMPTZ", "local_ms": "TIMESTAMP_MS", "local_us": "TIMESTAMP", "local_ns": "TIMESTAMP_NS",
        "dec4": "DECIMAL(4,1)", "dec9": "DECIMAL(9,2)", "dec18": "DECIMAL(18,4)", "dec38": "DECIMAL(38,6)", "f32": "FLOAT", "f64": "DOUBLE",
    }
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.execute("CREATE TABLE t (%s)" % ", ".join('"%s" %s' % item for item in types.items()))
    rows = list(zip(*[[None if v is None else str(v) for v in values(n)] for n in types]))
    db.executemany("INSERT INTO t VALUES (%s)" % ", ".join("?" * len(types)), rows)
    for codec in ["uncompressed", "snappy", "gzip", "zstd"]:
        for version in ["V1", "V2"]:
            path = os.path.join(HERE, "duckdb-%s-%s.parquet" % (codec, version.lower()))
            db.execute("COPY (SELECT * FROM t ORDER BY id) TO '%s' (FORMAT parquet, CODEC '%s', PARQUET_VERSION '%s')" % (path, codec, version))
    db.execute("COPY (SELECT id, long_text, text FROM t ORDER BY id) TO '%s' (FORMAT parquet, DICTIONARY_SIZE_LIMIT 1)"
               % os.path.join(HERE, "duckdb-plain.parquet"))


def write_spark():
    from pyspark.sql import SparkSession, types as st

    types = {
        "id": st.LongType(), "flag": st.BooleanType(), "i8": st.ByteType(), "i16": st.ShortType(), "i32": st.IntegerType(),
        "i64": st.LongType(), "text": st.StringType(), "long_text": st.StringType(), "nothing": st.StringType(), "day": st.DateType(),
        "utc_us": st.TimestampType(), "local_us": st.TimestampNTZType(), "dec4": st.DecimalType(4, 1), "dec9": st.DecimalType(9, 2),
        "dec18": st.DecimalType(18, 4), "dec38": st.DecimalType(38, 6), "f32": st.FloatType(), "f64": st.DoubleType(),
    }
    spark = (SparkSession.builder.master("local[1]").config("spark.sql.session.timeZone", "UTC")
             .config("spark.ui.enabled", "false").config("spark.sql.parquet.int96RebaseModeInWrite", "CORRECTED").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")

    def frame(names, rename=None):
        aware = lambda n, v: v.replace(tzinfo=dt.timezone.utc) if n in ("utc_us", "int96") and v is not None else v
        data = list(zip(*[[aware(n, v) for v in values(n)] for n in names]))
        kinds = {**types, "int96": st.TimestampType()}
        return spark.createDataFrame(data, st.StructType([st.StructField(n, kinds[n], n != "id") for n in names])).coalesce(1)

    def save(name, f, codec, times="TIMESTAMP_MICROS", **options):
        spark.conf.set("spark.sql.parquet.outputTimestampType", times)
        spark.conf.set("spark.sql.parquet.writeLegacyFormat", options.pop("legacy", "false"))
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out")
            writer = f.write.option("compression", codec)
            for key, value in options.items():
                writer = writer.option(key.replace("_", "."), value)
            writer.parquet(out)
            (part,) = glob.glob(out + "/part-*.parquet")
            shutil.copy(part, os.path.join(HERE, "spark-%s.parquet" % name))

    for codec in ["none", "snappy", "gzip", "zstd"]:
        for version in ["v1", "v2"]:
            save("%s-%s" % (codec, version), frame(types), codec, parquet_writer_version=version, parquet_page_size="256",
                 parquet_enable_dictionary="true" if codec in ("none", "gzip") else "false")
    save("int96", frame(["id", "int96"]), "snappy", times="INT96")
    save("legacy", frame(["id", "dec4", "dec9", "dec18", "dec38"]), "snappy", legacy="true")
    spark.stop()


if __name__ == "__main__":
    chosen = sys.argv[1:] or ["pyarrow", "duckdb", "spark"]
    expected()
    for writer in chosen:
        {"pyarrow": write_pyarrow, "duckdb": write_duckdb, "spark": write_spark}[writer]()
