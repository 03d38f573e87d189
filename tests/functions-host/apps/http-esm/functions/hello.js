import { app } from '@azure/functions';
import { hostVersion, version } from '@azure/functions-core';

app.http('hello', {
  methods: ['GET'],
  handler: (request) => ({ jsonBody: { hello: request.query.get('name'), hostVersion, version } }),
});
