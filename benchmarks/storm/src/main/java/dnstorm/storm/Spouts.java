package dnstorm.storm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.storm.spout.SpoutOutputCollector;
import org.apache.storm.task.TopologyContext;
import org.apache.storm.topology.OutputFieldsDeclarer;
import org.apache.storm.topology.base.BaseRichSpout;
import org.apache.storm.tuple.Fields;
import org.apache.storm.tuple.Values;

/** The sources. With acking a tuple carries a message id, which is what makes Storm track it. */
final class Spouts {
  private Spouts() {}

  private abstract static class Source extends BaseRichSpout {
    private final boolean acking;
    private final String field;
    private transient SpoutOutputCollector collector;
    private transient long sent;
    private transient long acked;

    Source(boolean acking, String field) {
      this.acking = acking;
      this.field = field;
    }

    @Override
    public void open(Map<String, Object> conf, TopologyContext context,
        SpoutOutputCollector collector) {
      this.collector = collector;
    }

    final void send(Object value) {
      if (acking) {
        collector.emit(new Values(value), ++sent);
      } else {
        collector.emit(new Values(value));
      }
    }

    @Override
    public void ack(Object id) {
      Meter.acked.lazySet(++acked);
    }

    @Override
    public void fail(Object id) {
      Meter.failed.incrementAndGet();
    }

    @Override
    public void declareOutputFields(OutputFieldsDeclarer declarer) {
      declarer.declare(new Fields(field));
    }
  }

  /** The same text for ever. */
  static final class Const extends Source {
    private final String text;

    Const(boolean acking, String text) {
      super(acking, "text");
      this.text = text;
    }

    @Override
    public void nextTuple() {
      send(text);
    }
  }

  /** The lines of a file, which is held in memory, again and again. */
  static final class Lines extends Source {
    private final String file;
    private transient List<String> lines;
    private transient int next;

    Lines(boolean acking, String file) {
      super(acking, "line");
      this.file = file;
    }

    @Override
    public void open(Map<String, Object> conf, TopologyContext context,
        SpoutOutputCollector collector) {
      super.open(conf, context, collector);
      try {
        lines = Files.readAllLines(Path.of(file));
      } catch (IOException problem) {
        throw new UncheckedIOException(problem);
      }
    }

    @Override
    public void nextTuple() {
      send(lines.get(next));
      if (++next == lines.size()) {
        next = 0;
      }
    }
  }

  /**
   * The present, at a fixed rate. It waits inside nextTuple() until the next tuple is due, as
   * Storm's own test does: the spout's wait strategy would come late by up to a millisecond.
   */
  static final class Clock extends Source {
    private final double nsApart;
    private transient long start;
    private transient long ticks;

    Clock(boolean acking, double rate) {
      super(acking, "sent_ns");
      this.nsApart = 1e9 / rate;
    }

    @Override
    public void open(Map<String, Object> conf, TopologyContext context,
        SpoutOutputCollector collector) {
      super.open(conf, context, collector);
      start = System.nanoTime();
    }

    @Override
    public void nextTuple() {
      long left = start + (long) (ticks * nsApart) - System.nanoTime();
      if (left > 0) {
        LockSupport.parkNanos(left);
        return;
      }
      ++ticks;
      send(System.nanoTime());
    }
  }
}
