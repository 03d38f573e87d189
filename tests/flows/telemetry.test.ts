import { EventHubProducerClient } from '@azure/event-hubs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningShop, startShop } from '../support/app/running-shop.ts';

let shop: RunningShop;
let producer: EventHubProducerClient;
beforeAll(async () => {
  shop = await startShop();
  producer = new EventHubProducerClient(shop.cloud.ready.eventHubs.connectionString, 'telemetry');
});
afterAll(async () => {
  await producer?.close();
  await shop?.close();
});

const presses = Array.from({ length: 10 }, (_, index) => `press-${index}`);

function stream(press: string, temperatures: readonly number[]): Promise<void> {
  const readings = temperatures.map((temperatureInCelsius, index) => ({
    body: {
      press,
      takenAt: new Date(Date.UTC(2026, 7, 1) + index * 1000).toISOString(),
      temperatureInCelsius,
      sheetsPerMinute: 100,
    },
  }));
  return producer.sendBatch(readings, { partitionKey: press });
}

describe('telemetry', () => {
  it('given readings of ten presses, two of which run hot, then every average is right and two anomalies are found', async () => {
    const hot = new Set(['press-3', 'press-7']);
    // Twenty at the end are the window; before them one press in five is hot for four readings.
    const temperatures = (press: string, index: number) => [
      ...Array(76).fill(60),
      ...Array(4).fill(hot.has(press) ? 95 : 61),
      ...Array(20).fill(50 + index),
    ];
    await Promise.all(presses.map((press, index) => stream(press, temperatures(press, index))));

    const averages = await shop.until(async () => {
      const rows = await shop.rows('telemetryAverages');
      return rows.length === 10 && rows.every(({ count }) => count === 100) && rows;
    });
    const found = averages.map(({ press, averageTemperatureInCelsius }) => [press, averageTemperatureInCelsius]);
    expect(found.toSorted()).toEqual(presses.map((press, index) => [press, 50 + index]));

    const subjects = await shop.until(() => {
      const mails = shop.cloud.mail.mails.map(({ subject }) => subject);
      return mails.length === 2 && mails;
    });
    expect(subjects.toSorted()).toEqual(['[high] press-3 runs hot', '[high] press-7 runs hot']);
    expect((await shop.rows('anomalies')).map(({ press }) => press).toSorted()).toEqual(['press-3', 'press-7']);
  });

  it('given an event that nobody can read between good ones, then it is kept for a person and the stream goes on', async () => {
    await stream('press-0', [70]);
    await producer.sendBatch([{ body: { pres: 'press-0' } }], { partitionKey: 'press-0' });
    await stream('press-0', [70]);
    await shop.until(async () =>
      (await shop.rows('telemetryAverages')).some(({ press, count }) => press === 'press-0' && count === 102),
    );
    const kept = await shop.until(async () => {
      const { peekedMessageItems } = await shop.queue('telemetry-quarantine').peekMessages({ numberOfMessages: 10 });
      return peekedMessageItems.length === 2 && peekedMessageItems;
    });
    const letters = kept.map(
      ({ messageText }) =>
        JSON.parse(Buffer.from(messageText, 'base64').toString()) as { data: { consumerGroup: string; body: string } },
    );
    expect(letters.map(({ data }) => data.consumerGroup).toSorted()).toEqual(['anomalies', 'rolling-average']);
    expect(letters[0]?.data.body).toBe('{"pres":"press-0"}');
  });
});
