metadata name = 'Identity'
metadata description = 'The user-assigned identity of the app: it is there, with its roles, before the app is. It can do only what roles.json says.'

import { tagsType } from 'types.bicep'

@description('Name of the identity.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id of the identity.')
output resourceId string = identity.id

@description('Object id of the identity, for role assignments.')
output principalId string = identity.properties.principalId

@description('Client id of the identity, by which the app chooses it.')
output clientId string = identity.properties.clientId
