metadata name = 'Identities'
metadata description = 'One user-assigned identity for each party that acts: the app, and Event Grid. Each can do only what roles.json says.'

import { tagsType } from 'types.bicep'

@description('Names, by party.')
param names { app: string, events: string }

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: names.app
  location: location
  tags: tags
}

resource events 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: names.events
  location: location
  tags: tags
}

@description('The identity of the function app.')
output app { resourceId: string, principalId: string, clientId: string } = {
  resourceId: app.id
  principalId: app.properties.principalId
  clientId: app.properties.clientId
}

@description('The identity with which Event Grid delivers and dead-letters.')
output events { resourceId: string, principalId: string } = {
  resourceId: events.id
  principalId: events.properties.principalId
}
