package dnstorm.storm;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.storm.LocalCluster;
import org.apache.storm.generated.KillOptions;

/**
 * Runs one topology in a LocalCluster for a while and prints one line of JSON. compare starts it.
 *
 * <pre>Main topology=ConstSpoutNullBolt acking=false batch=1 seconds=10 warmup=5</pre>
 */
public final class Main {
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final String NAME = "measured";

  private Main() {}

  private record Sample(long ns, long tuples, long acked, long cpuNs) {
    static Sample take() {
      return new Sample(System.nanoTime(), Meter.tuples(), Meter.acked.get(),
          SYSTEM.getProcessCpuTime());
    }
  }

  public static void main(String[] args) throws Exception {
    Map<String, String> given = new HashMap<>();
    for (String arg : args) {
      String[] parts = arg.split("=", 2);
      given.put(parts[0], parts[1]);
    }
    Setup setup = new Setup(given.get("topology"),
        Boolean.parseBoolean(given.getOrDefault("acking", "false")),
        Integer.parseInt(given.getOrDefault("batch", "1")),
        Integer.parseInt(given.getOrDefault("parallelism", "2")),
        Double.parseDouble(given.getOrDefault("rate", "1000")), given.get("file"),
        Integer.parseInt(given.getOrDefault("pending", "0")));
    double seconds = Double.parseDouble(given.getOrDefault("seconds", "10"));
    double warmup = Double.parseDouble(given.getOrDefault("warmup", "5"));

    LocalCluster cluster =
        new LocalCluster.Builder().withSupervisors(1).withPortsPerSupervisor(1).build();
    long submittedMs = System.currentTimeMillis();
    cluster.submitTopology(NAME, setup.config(), setup.build());
    awaitFirstTuple(submittedMs);

    pause(warmup);
    Meter.latency = new Histogram();
    Sample begin = Sample.take();
    pause(seconds);
    Sample end = Sample.take();
    Histogram latency = Meter.latency;
    String measured = json(begin, end, latency, submittedMs);
    System.out.println(measured + idle(cluster) + "}");
    System.out.flush();
    // Closing the cluster takes longer than the measurement, and nothing is left to be saved.
    Runtime.getRuntime().halt(0);
  }

  private static void awaitFirstTuple(long submittedMs) throws InterruptedException {
    while (Meter.firstTupleMs() == 0) {
      if (System.currentTimeMillis() - submittedMs > 120_000) {
        System.err.println("no tuple came through within two minutes");
        Runtime.getRuntime().halt(1);
      }
      Thread.sleep(10);
    }
  }

  private static String json(Sample begin, Sample end, Histogram latency, long submittedMs)
      throws IOException {
    double wall = (end.ns - begin.ns) / 1e9;
    double cpu = (end.cpuNs - begin.cpuNs) / 1e9;
    long tuples = end.tuples - begin.tuples;
    long startMs = ProcessHandle.current().info().startInstant().orElseThrow().toEpochMilli();
    return String.format(Locale.ROOT,
        "{\"tuples\": %d, \"wall_s\": %.3f, \"cpu_s\": %.3f, \"tuples_per_s\": %.0f, "
            + "\"tuples_per_cpu_s\": %.0f, \"acked\": %d, \"failed\": %d, "
            + "\"latency_ns_p50\": %d, \"latency_ns_p99\": %d, \"latency_ns_max\": %d, "
            + "\"rss_mib_max\": %.1f, \"start_s\": %.3f, \"submit_s\": %.3f",
        tuples, wall, cpu, tuples / wall, tuples / cpu, end.acked - begin.acked,
        Meter.failed.get(), latency.quantile(0.5), latency.quantile(0.99), latency.max(),
        peakMib(), (Meter.firstTupleMs() - startMs) / 1e3,
        (Meter.firstTupleMs() - submittedMs) / 1e3);
  }

  /**
   * What the daemons cost that LocalCluster keeps in this process (ZooKeeper, nimbus, supervisor):
   * CPU seconds a second after the topology is gone.
   */
  private static String idle(LocalCluster cluster) throws Exception {
    KillOptions now = new KillOptions();
    now.set_wait_secs(0);
    cluster.killTopologyWithOpts(NAME, now);
    long before = -1;
    for (int i = 0; i < 20 && before != Meter.tuples(); ++i) {
      before = Meter.tuples();
      pause(1);
    }
    pause(1);
    Sample begin = Sample.take();
    pause(3);
    Sample end = Sample.take();
    return String.format(Locale.ROOT, ", \"idle_cpu_s_per_s\": %.4f, \"idle_tuples\": %d",
        (double) (end.cpuNs - begin.cpuNs) / (end.ns - begin.ns), end.tuples - begin.tuples);
  }

  private static double peakMib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
      }
    }
    throw new IOException("/proc/self/status has no VmHWM");
  }

  private static void pause(double seconds) throws InterruptedException {
    Thread.sleep((long) (seconds * 1000));
  }
}
