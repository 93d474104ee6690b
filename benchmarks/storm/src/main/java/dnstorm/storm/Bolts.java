package dnstorm.storm;

import java.util.HashMap;
import java.util.Map;
import java.util.StringTokenizer;
import org.apache.storm.task.OutputCollector;
import org.apache.storm.task.TopologyContext;
import org.apache.storm.topology.OutputFieldsDeclarer;
import org.apache.storm.topology.base.BaseRichBolt;
import org.apache.storm.tuple.Fields;
import org.apache.storm.tuple.Tuple;
import org.apache.storm.tuple.Values;

/**
 * The bolts. All acknowledge: without an acker that is free, and it is what a topology looks like
 * that may be run either way. The last one of each topology counts.
 */
final class Bolts {
  private Bolts() {}

  private abstract static class Step extends BaseRichBolt {
    transient OutputCollector collector;

    @Override
    public void prepare(Map<String, Object> conf, TopologyContext context,
        OutputCollector collector) {
      this.collector = collector;
    }

    @Override
    public void declareOutputFields(OutputFieldsDeclarer declarer) {}
  }

  private abstract static class Last extends Step {
    transient Meter.Count count;

    @Override
    public void prepare(Map<String, Object> conf, TopologyContext context,
        OutputCollector collector) {
      super.prepare(conf, context, collector);
      count = Meter.newCount();
    }
  }

  /** Passes on what comes. */
  static final class Identity extends Step {
    @Override
    public void execute(Tuple tuple) {
      collector.emit(tuple, new Values(tuple.getValue(0)));
      collector.ack(tuple);
    }

    @Override
    public void declareOutputFields(OutputFieldsDeclarer declarer) {
      declarer.declare(new Fields("text"));
    }
  }

  /** Throws away what comes. */
  static final class Discard extends Last {
    @Override
    public void execute(Tuple tuple) {
      collector.ack(tuple);
      count.add();
    }
  }

  /** One tuple a word, split at blanks. */
  static final class Split extends Step {
    @Override
    public void execute(Tuple tuple) {
      StringTokenizer words = new StringTokenizer(tuple.getString(0));
      while (words.hasMoreTokens()) {
        collector.emit(tuple, new Values(words.nextToken()));
      }
      collector.ack(tuple);
    }

    @Override
    public void declareOutputFields(OutputFieldsDeclarer declarer) {
      declarer.declare(new Fields("word"));
    }
  }

  /** How often each word came. */
  static final class CountWords extends Last {
    private transient Map<String, long[]> counts;

    @Override
    public void prepare(Map<String, Object> conf, TopologyContext context,
        OutputCollector collector) {
      super.prepare(conf, context, collector);
      counts = new HashMap<>();
    }

    @Override
    public void execute(Tuple tuple) {
      ++counts.computeIfAbsent(tuple.getString(0), word -> new long[1])[0];
      collector.ack(tuple);
      count.add();
    }
  }

  /** How long ago the spout sent it. */
  static final class Latency extends Last {
    @Override
    public void execute(Tuple tuple) {
      Meter.latency.record(System.nanoTime() - tuple.getLong(0));
      collector.ack(tuple);
      count.add();
    }
  }
}
