import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.connect.SparkSession;

/** Asks Spark Connect for sums that the workers compute, through a shuffle that they write and read. */
public class Check {
  public static void main(String[] arguments) throws Exception {
    SparkSession spark = SparkSession.builder().remote(System.getenv("SPARK_REMOTE")).create();
    spark.sql("CREATE OR REPLACE TEMPORARY VIEW numbers AS SELECT id, id % 7 AS rest FROM range(0, 100000, 1, 4)").collect();
    Dataset sums = spark.sql("SELECT count(*), sum(total) FROM (SELECT rest, sum(id) AS total FROM numbers GROUP BY rest)");
    Row row = (Row) ((Object[]) sums.collect())[0];
    if (row.getLong(0) != 7L || row.getLong(1) != 4999950000L) throw new IllegalStateException("a wrong result: " + row);
    System.out.println("Spark Connect answers, and the workers compute what is asked.");
    System.exit(0);
  }
}
