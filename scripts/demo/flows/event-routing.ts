import { randomUUID } from 'node:crypto';
import { type Flow, outcome } from '../flow.ts';

const commands = [
  { type: 'Operations.RestockRequested', data: { operationId: 'demo-op-1', material: 'paper-a2-matt', quantity: 500 } },
  { type: 'Operations.RestockRequested', data: { operationId: 'demo-op-2', material: 'ink-cyan', quantity: 12 } },
  {
    type: 'Operations.PressServiceRequested',
    data: { operationId: 'demo-op-3', press: 'press-3', task: 'replace the fuser' },
  },
];
const alerts = [
  { severity: 'critical', title: 'Demo: the paper store is flooded', mailed: true },
  { severity: 'high', title: 'Demo: no matt paper left', mailed: true },
  { severity: 'low', title: 'Demo: somebody left the lights on', mailed: false },
];

export const eventRouting: Flow = {
  name: 'event-routing',

  async feed({ operations }) {
    const event = (type: string, subject: string, data: unknown) => ({
      id: randomUUID(),
      source: '/crossover/demo',
      type,
      subject,
      data,
    });
    await operations.send([
      ...commands.map(({ type, data }) => event(type, `operations/${data.operationId}`, data)),
      ...alerts.map(({ severity, title }) => {
        const data = { alertId: randomUUID(), severity, title, text: 'From the demo.' };
        return event('Operations.AlertRaised', 'alerts/demo', data);
      }),
    ]);
    return `${commands.length} commands and ${alerts.length} notifications on one topic`;
  },

  async look(shop) {
    const ran = (await shop.rows('operations')).filter((row) => String(row.operationId).startsWith('demo-op-')).length;
    const mailed = shop.mailSubjects().filter((subject) => subject.includes('Demo:')).length;
    return outcome(`${ran} commands run by way of Service Bus, ${mailed} alerts mailed, the low one filtered out`, [
      ['commands run', ran, commands.length],
      ['alerts mailed', mailed, alerts.filter((alert) => alert.mailed).length],
    ]);
  },
};
