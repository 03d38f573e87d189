/** The peer of the Service Bus benchmarks: queues that hand out what they were given. */
import { randomBytes } from 'node:crypto';
import rhea, { type Message, type Sender } from 'rhea';
import { serveBare } from './bare-rhea.ts';

interface Queue {
  readonly messages: Message[];
  readonly senders: Set<Sender>;
}

/** What the SDK reads of every message it receives: the same for all, for nothing here needs more. */
const ANNOTATIONS = {
  'x-opt-sequence-number': rhea.types.wrap_long(1),
  'x-opt-enqueued-time': rhea.types.wrap_timestamp(Date.UTC(2026, 0, 1)),
  'x-opt-locked-until': rhea.types.wrap_timestamp(Date.UTC(2100, 0, 1)),
};

const queues = new Map<string, Queue>();

function queueOf(address: string): Queue {
  const queue = queues.get(address) ?? { messages: [], senders: new Set<Sender>() };
  queues.set(address, queue);
  return queue;
}

await serveBare({
  keep(address, message) {
    message.message_annotations = ANNOTATIONS;
    queueOf(address).messages.push(message);
  },
  pump(address) {
    const { messages, senders } = queueOf(address);
    for (const sender of senders)
      while (messages.length > 0 && sender.is_open() && sender.sendable())
        sender.send(messages.shift()!, randomBytes(16));
  },
  opened: (sender, address) => queueOf(address).senders.add(sender),
  closed: (sender, address) => queueOf(address).senders.delete(sender),
});
