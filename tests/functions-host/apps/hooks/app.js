const { app } = require('@azure/functions');

const record = (name, value) => console.log(`RECORD ${name} ${JSON.stringify(value)}`);

app.hook.appStart((context) => {
  context.hookData.started = true;
  record('appStart', { hookData: context.hookData });
});
app.hook.appTerminate((context) => record('appTerminate', { hookData: context.hookData }));
app.hook.preInvocation((context) => {
  context.hookData.before = 1;
  let isReadOnly = false;
  try {
    context.hookData = {};
  } catch {
    isReadOnly = true;
  }
  record('pre', { name: context.invocationContext.functionName, isReadOnly });
  if (context.invocationContext.functionName === 'replaced') {
    context.functionHandler = (request) => ({ body: `replaced ${request.method}` });
  }
});
app.hook.postInvocation((context) => {
  record('post', { before: context.hookData.before, error: context.error?.message ?? null });
  if (context.invocationContext.functionName === 'healed') {
    context.error = null;
    context.result = { body: 'healed' };
  }
});
app.hook.log((context) => {
  if (context.category === 'user') context.message = `${context.message} (hooked)`;
});

app.get('replaced', { handler: () => ({ body: 'original' }) });
app.get('healed', {
  handler: () => {
    throw new Error('ill');
  },
});
app.get('quiet', {
  handler: (_request, context) => {
    context.info('not to be seen');
    context.warn('to be seen');
    return { body: 'ok' };
  },
});
