import type { Log } from '../log.ts';
import type { Router } from './engine/api.ts';

/** Says in the log what people want to know: what was not delivered, and why; deliveries only at `debug`. */
export function logRecords(router: Pick<Router, 'onRecord'>, log: Log): void {
  router.onRecord((record) => {
    const say = (level: Parameters<Log>[0], text: string) => log(level, 'event-grid', text);
    switch (record.type) {
      case 'accepted':
        return say(
          'debug',
          `${record.topicName}: ${record.event.body.id} goes to ${record.deliveries.length} subscription(s).`,
        );
      case 'attempted': {
        const next =
          record.dueAt === undefined ? 'not tried again' : `next attempt ${new Date(record.dueAt).toISOString()}`;
        const count = record.ids.length === 1 ? 'An event was' : `${record.ids.length} events were`;
        return say(
          'warning',
          `${count} not delivered to ${record.subscriptionName} (${record.outcome}: ${record.detail}); ${next}.`,
        );
      }
      case 'finished':
        if (record.how === 'delivered')
          return say('debug', `${record.subscriptionName}: ${record.ids.length} event(s) delivered.`);
        return say(
          'warning',
          record.how === 'dead-lettered'
            ? `${record.ids.length} event(s) of ${record.subscriptionName} dead-lettered (${record.reason}) in ${record.blobName}.`
            : `${record.ids.length} event(s) of ${record.subscriptionName} dropped (${record.reason}).`,
        );
      case 'validation':
        return record.state === 'validated'
          ? say('information', `The webhook of ${record.subscriptionName} is validated: ${record.detail}.`)
          : say('warning', `The webhook of ${record.subscriptionName} is not validated yet: ${record.detail}.`);
    }
  });
}
