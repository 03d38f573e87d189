import { type Flow, outcome } from '../flow.ts';

const readingCount = 2000;
const presses = ['press-1', 'press-2', 'press-3', 'press-4', 'press-5', 'press-6', 'press-7', 'press-8'];
/** These run hot for five readings in a row, once. */
const hotPresses = new Set(['press-2', 'press-5', 'press-7']);
const readingsAPress = readingCount / presses.length;

export const telemetry: Flow = {
  name: 'telemetry',

  async feed(shop) {
    const start = Date.UTC(2026, 0, 1, 8);
    await Promise.all(
      presses.map(async (press) => {
        let batch = await shop.telemetry.createBatch({ partitionKey: press });
        for (let index = 0; index < readingsAPress; index++) {
          const isHot = hotPresses.has(press) && index >= 120 && index < 125;
          const body = {
            press,
            takenAt: new Date(start + index * 1000).toISOString(),
            temperatureInCelsius: isHot ? 95 + (index % 3) : 60 + (index % 7),
            sheetsPerMinute: 118,
          };
          const event = { body, contentType: 'application/json', properties: { type: 'PressReadingTaken' } };
          if (batch.tryAdd(event)) continue;
          await shop.telemetry.sendBatch(batch);
          batch = await shop.telemetry.createBatch({ partitionKey: press });
          batch.tryAdd(event);
        }
        await shop.telemetry.sendBatch(batch);
      }),
    );
    return `${readingCount} readings of ${presses.length} presses, ${hotPresses.size} of which run hot`;
  },

  async look(shop) {
    const averages = await shop.rows('telemetryAverages');
    const anomalies = await shop.rows('anomalies');
    const counted = averages.reduce((sum, row) => sum + Number(row.count), 0);
    const found = new Set(anomalies.map((row) => String(row.press)).filter((press) => hotPresses.has(press)));
    const mailed = shop.mailSubjects().filter((subject) => subject.includes('runs hot')).length;
    return outcome(
      `${counted} readings in ${averages.length} averages, ${anomalies.length} anomalies, ${mailed} mailed`,
      [
        ['readings averaged', counted, readingCount],
        ['averages', averages.length, presses.length],
        ['anomalies', anomalies.length, hotPresses.size],
        ['hot presses found', found.size, hotPresses.size],
        ['anomalies mailed', mailed, hotPresses.size],
      ],
    );
  },
};
