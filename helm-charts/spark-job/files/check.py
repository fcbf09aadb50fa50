"""Reads and writes with what the job is bound to, in one process and without executors."""

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
numbers = spark.range(1000).selectExpr("id", "id % 7 AS rest")
place = "/scratch/anywhere-test"
bucket = spark.conf.get("spark.bindings.object-store.bucket", "")
if bucket:
    place = f"s3a://{bucket}/anywhere-test"
numbers.write.mode("overwrite").parquet(place)
assert spark.read.parquet(place).groupBy("rest").count().count() == 7
print("Spark reads what it has written.")
spark.stop()
