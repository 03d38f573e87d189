const { app } = require('@azure/functions');

app.get('from-cjs', { handler: () => ({ body: 'cjs' }) });
