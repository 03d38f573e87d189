const { app } = require('@azure/functions');

app.http('echo', {
  methods: ['GET', 'POST', 'PUT'],
  authLevel: 'function',
  handler: async (request, context) => {
    context.log(`echo got ${request.method}`);
    return {
      status: 201,
      headers: { 'x-echo': request.headers.get('x-in') ?? 'none' },
      jsonBody: {
        method: request.method,
        url: request.url,
        query: Object.fromEntries(request.query),
        body: request.method === 'GET' ? null : await request.text(),
        functionName: context.functionName,
        traceParent: context.traceContext.traceParent,
      },
    };
  },
});

app.get('order', {
  route: 'orders/{id:int}/{part?}',
  handler: (request) => ({ jsonBody: { by: 'id', ...request.params } }),
});
app.get('order-by-name', {
  route: 'orders/{name}',
  handler: (request) => ({ jsonBody: { by: 'name', ...request.params } }),
});
app.get('latest-order', { route: 'orders/latest', handler: () => ({ body: 'the latest' }) });
app.get('files', { route: 'files/{*path}', handler: (request) => ({ jsonBody: request.params }) });

app.post('bytes', {
  handler: async (request) => ({
    body: new Uint8Array(await request.arrayBuffer()).reverse(),
    headers: { 'content-type': 'application/octet-stream' },
  }),
});
app.get('cookies', {
  handler: () => ({
    body: 'with cookies',
    cookies: [
      { name: 'plain', value: 'a b' },
      { name: 'strict', value: '1', httpOnly: true, secure: true, sameSite: 'Strict', maxAge: 60, path: '/api' },
    ],
  }),
});
app.get('nothing', { handler: () => undefined });
app.get('fails', {
  handler: () => {
    throw new Error('no paper');
  },
});
app.get('setting', { handler: () => ({ body: `${process.env.PRINTER} in ${process.cwd().split(/[\\/]/).pop()}` }) });
app.get('crash', {
  handler: () => {
    setTimeout(() => process.exit(3), 0);
    return new Promise(() => {});
  },
});
app.get('pid', { handler: () => ({ body: String(process.pid) }) });
