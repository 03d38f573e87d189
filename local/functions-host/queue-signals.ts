/**
 * Tells the pollers of a queue that this host has just put a message there, so that they look at once
 * (SharedQueueWatcher of the WebJobs SDK does the same).
 */
export class QueueSignals {
  private readonly listeners = new Map<string, Set<() => void>>();

  notify(queueName: string): void {
    for (const listener of this.listeners.get(queueName) ?? []) listener();
  }

  listen(queueName: string, listener: () => void): () => void {
    const listeners = this.listeners.get(queueName) ?? new Set();
    this.listeners.set(queueName, listeners.add(listener));
    return () => listeners.delete(listener);
  }
}
