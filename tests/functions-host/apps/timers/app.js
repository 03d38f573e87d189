import { app } from '@azure/functions';

const record = (name, value) => console.log(`RECORD ${name} ${JSON.stringify(value)}`);

app.timer('nightly', {
  schedule: '0 30 2 * * 1-5',
  handler: (timer, context) => record('nightly', { timer, metadata: context.triggerMetadata ?? null }),
});
app.timer('often', { schedule: '%OFTEN%', useMonitor: false, handler: (timer) => record('often', timer) });
app.timer('at-start', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler: () => record('at-start', true) });
app.timer('retried', {
  schedule: '0 0 3 * * *',
  useMonitor: false,
  retry: { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { seconds: 10 } },
  handler: (_timer, context) => {
    record('retried', {
      count: context.retryContext?.retryCount ?? 0,
      most: context.retryContext?.maxRetryCount ?? null,
      message: context.retryContext?.exception?.message ?? null,
    });
    if ((context.retryContext?.retryCount ?? 0) < 2) throw new Error('too early');
  },
});
