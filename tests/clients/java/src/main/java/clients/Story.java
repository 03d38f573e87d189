package clients;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** What the steps share: settings, the names of this run's entities, and checks that fail loudly. */
final class Story {
  static final String SERVICE_BUS = setting("SERVICE_BUS_CONNECTION");
  static final String ADMINISTRATION = setting("ADMINISTRATION_CONNECTION");
  static final String CERTIFICATE_FILE = setting("CERTIFICATE_FILE");
  static final String EVENT_HUBS = setting("EVENT_HUBS_CONNECTION");
  static final String EVENT_HUB = setting("EVENT_HUB");

  static final String RUN = UUID.randomUUID().toString().substring(0, 8);
  static final String QUEUE = "java-orders-" + RUN;
  static final String SESSIONS = "java-refunds-" + RUN;
  static final String TOPIC = "java-events-" + RUN;
  static final String SUBSCRIPTION = "printing";

  private record Step(String text, Action action) {}

  @FunctionalInterface
  interface Action {
    void run() throws Exception;
  }

  private final List<Step> steps = new ArrayList<>();

  void step(String text, Action action) {
    steps.add(new Step(text, action));
  }

  /** Runs every step; the first that fails ends the program with exit code 1. */
  void run() {
    for (Step step : steps) {
      long startedAt = System.nanoTime();
      try {
        step.action().run();
      } catch (Throwable error) {
        System.out.println("FAILED  " + step.text());
        error.printStackTrace(System.out);
        System.exit(1);
      }
      System.out.printf("ok      %s (%d ms)%n", step.text(), (System.nanoTime() - startedAt) / 1_000_000);
    }
  }

  static void equal(Object actual, Object expected, String what) {
    if (!Objects.equals(actual, expected)) {
      throw new AssertionError(what + ": expected " + expected + ", got " + actual);
    }
  }

  static void check(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }

  static <E extends Throwable> E refused(Class<E> expected, Action action, String what) throws Exception {
    try {
      action.run();
    } catch (Throwable error) {
      if (expected.isInstance(error)) {
        return expected.cast(error);
      }
      throw new AssertionError(what + ": expected " + expected.getSimpleName(), error);
    }
    throw new AssertionError(what + ": nothing was refused");
  }

  private static String setting(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) {
      System.out.println("FAILED  the environment variable " + name + " is missing");
      System.exit(1);
    }
    return value;
  }
}
