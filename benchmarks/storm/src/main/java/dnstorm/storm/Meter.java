package dnstorm.storm;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the components of the topology tell the main thread. LocalCluster runs the worker in this
 * process and by the same class loader, so that static fields are seen by both.
 */
final class Meter {
  /** Tuples of one task; written by its executor only, so a plain add and an ordered store do. */
  static final class Count {
    private final AtomicLong tuples = new AtomicLong();

    void add() {
      long before = tuples.getPlain();
      if (before == 0) {
        first.compareAndSet(0, System.currentTimeMillis());
      }
      tuples.lazySet(before + 1);
    }
  }

  private static final List<Count> counts = new CopyOnWriteArrayList<>();
  private static final AtomicLong first = new AtomicLong();
  static final AtomicLong acked = new AtomicLong();
  static final AtomicLong failed = new AtomicLong();
  static volatile Histogram latency = new Histogram();

  private Meter() {}

  static Count newCount() {
    Count count = new Count();
    counts.add(count);
    return count;
  }

  static long tuples() {
    long sum = 0;
    for (Count count : counts) {
      sum += count.tuples.get();
    }
    return sum;
  }

  /** When the last bolt saw its first tuple, in milliseconds since 1970; 0: not yet. */
  static long firstTupleMs() {
    return first.get();
  }
}
