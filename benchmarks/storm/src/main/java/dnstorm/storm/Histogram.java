package dnstorm.storm;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Times in nanoseconds, 64 buckets to an octave: a quantile is at most 1.6 % above what was
 * recorded, as in dnstorm's engine/telemetry/histogram.hpp. One thread records, any may read.
 */
final class Histogram {
  private static final int SUB_BITS = 6;
  private static final int SUB = 1 << SUB_BITS;
  private static final int OCTAVES = 64 - SUB_BITS;

  private final AtomicLongArray buckets = new AtomicLongArray((OCTAVES + 1) * SUB);
  private volatile long max;

  void record(long ns) {
    long value = Math.max(ns, 0);
    int at = bucketOf(value);
    buckets.lazySet(at, buckets.getPlain(at) + 1);
    if (value > max) {
      max = value;
    }
  }

  long max() {
    return max;
  }

  long count() {
    long sum = 0;
    for (int i = 0; i < buckets.length(); ++i) {
      sum += buckets.get(i);
    }
    return sum;
  }

  /** The least value that at least `q` of those recorded do not exceed; 0 when there is none. */
  long quantile(double q) {
    long wanted = Math.max(1, (long) Math.ceil(q * count()));
    long seen = 0;
    for (int i = 0; i < buckets.length(); ++i) {
      seen += buckets.get(i);
      if (seen >= wanted) {
        return Math.min(highestOf(i), max);
      }
    }
    return 0;
  }

  private static int bucketOf(long value) {
    if (value < SUB) {
      return (int) value;
    }
    int shift = 63 - Long.numberOfLeadingZeros(value) - SUB_BITS;
    return (shift + 1) * SUB + (int) (value >>> shift) - SUB;
  }

  private static long highestOf(int bucket) {
    if (bucket < SUB) {
      return bucket;
    }
    int shift = bucket / SUB - 1;
    return ((long) (bucket % SUB + SUB + 1) << shift) - 1;
  }
}
