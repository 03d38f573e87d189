package clients;

/**
 * The Java clients of Service Bus and Event Hubs, used as their users use them, against the local cloud. Each step prints what it
 * did; the first that fails ends the program with exit code 1.
 */
public final class Main {
  public static void main(String[] arguments) throws Exception {
    DevelopmentTrust.install(Story.CERTIFICATE_FILE);
    Story story = new Story();
    AdministrationSteps.addFirst(story);
    ServiceBusSteps.add(story);
    EventHubsSteps.add(story);
    AdministrationSteps.addLast(story);
    story.run();
    System.exit(0);
  }

  private Main() {}
}
