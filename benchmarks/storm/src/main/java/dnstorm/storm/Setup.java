package dnstorm.storm;

import java.util.HashMap;
import java.util.Map;
import org.apache.storm.Config;
import org.apache.storm.generated.StormTopology;
import org.apache.storm.topology.TopologyBuilder;
import org.apache.storm.tuple.Fields;

/** What is run, and how Storm is tuned for it: the settings of its own storm-perf programs. */
record Setup(String topology, boolean acking, int batch, int parallelism, double rate,
    String file, int maxPending) {

  StormTopology build() {
    TopologyBuilder builder = new TopologyBuilder();
    switch (topology) {
      case "ConstSpoutNullBolt" -> {
        builder.setSpout("spout", new Spouts.Const(acking, "some data"), 1);
        builder.setBolt("null", new Bolts.Discard(), 1).localOrShuffleGrouping("spout");
      }
      case "ConstSpoutIdBoltNullBolt" -> {
        builder.setSpout("spout", new Spouts.Const(acking, "some data"), 1);
        builder.setBolt("id", new Bolts.Identity(), 1).localOrShuffleGrouping("spout");
        builder.setBolt("null", new Bolts.Discard(), 1).localOrShuffleGrouping("id");
      }
      case "FileReadWordCount" -> {
        builder.setSpout("spout", new Spouts.Lines(acking, file), 1);
        builder.setBolt("split", new Bolts.Split(), parallelism).localOrShuffleGrouping("spout");
        builder.setBolt("count", new Bolts.CountWords(), parallelism)
            .fieldsGrouping("split", new Fields("word"));
      }
      case "LowThroughput" -> {
        builder.setSpout("spout", new Spouts.Clock(acking, rate), 1);
        builder.setBolt("latency", new Bolts.Latency(), 1).localOrShuffleGrouping("spout");
      }
      default -> throw new IllegalArgumentException("no topology is named " + topology);
    }
    return builder.createTopology();
  }

  Map<String, Object> config() {
    Map<String, Object> config = new HashMap<>();
    config.put(Config.TOPOLOGY_WORKERS, 1);
    config.put(Config.TOPOLOGY_ACKER_EXECUTORS, acking ? 1 : 0);
    config.put(Config.TOPOLOGY_PRODUCER_BATCH_SIZE, batch);
    // No tuple leaves the worker. With both at 1 Storm sends no flush tuples.
    config.put(Config.TOPOLOGY_TRANSFER_BATCH_SIZE, 1);
    config.put(Config.TOPOLOGY_DISABLE_LOADAWARE_MESSAGING, true);
    // Storm's own statistics look at one tuple of 2,000.
    config.put(Config.TOPOLOGY_STATS_SAMPLE_RATE, 0.0005);
    if (topology.startsWith("Const")) {
      config.put(Config.TOPOLOGY_EXECUTOR_RECEIVE_BUFFER_SIZE, 50_000);
      config.put(Config.TOPOLOGY_SPOUT_RECVQ_SKIPS, 8);
    }
    if (topology.equals("LowThroughput")) {
      config.put(Config.TOPOLOGY_SPOUT_RECVQ_SKIPS, 1);
    }
    if (acking && maxPending > 0) {
      config.put(Config.TOPOLOGY_MAX_SPOUT_PENDING, maxPending);
    }
    return config;
  }
}
