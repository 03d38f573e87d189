/** The peer of the Event Hubs benchmarks: hubs of one partition, which everyone reads from its beginning. */
import rhea, { type Message, type Sender } from 'rhea';
import { serveBare } from './bare-rhea.ts';

interface Hub {
  readonly events: Message[];
  /** Who reads, and how far. */
  readonly readers: Map<Sender, number>;
}

const BYTES_AN_EVENT = 1200;
const hubs = new Map<string, Hub>();

function hubOf(address: string): Hub {
  const name = address.split('/')[0]!;
  const hub = hubs.get(name) ?? { events: [], readers: new Map<Sender, number>() };
  hubs.set(name, hub);
  return hub;
}

await serveBare({
  keep(address, event) {
    const { events } = hubOf(address);
    event.message_annotations = {
      'x-opt-sequence-number': rhea.types.wrap_long(events.length),
      'x-opt-offset': String(events.length * BYTES_AN_EVENT),
      'x-opt-enqueued-time': rhea.types.wrap_timestamp(Date.now()),
    };
    events.push(event);
  },
  pump(address) {
    const { events, readers } = hubOf(address);
    for (const [reader, position] of readers) {
      let next = position;
      while (next < events.length && reader.is_open() && reader.sendable()) reader.send(events[next++]!);
      readers.set(reader, next);
    }
  },
  opened: (reader, address) => hubOf(address).readers.set(reader, 0),
  closed: (reader, address) => hubOf(address).readers.delete(reader),
});
