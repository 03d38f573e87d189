metadata name = 'Private endpoint'
metadata description = 'A private way into one service, with its name in the private DNS zone.'

import { tagsType } from 'types.bicep'

@description('Name of the private endpoint.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Resource id of the subnet.')
param subnetResourceId string

@description('Resource id of the service.')
param privateLinkServiceId string

@description('Which part of the service: blob, queue, table, namespace, topic.')
param groupId string

@description('Resource id of the private DNS zone.')
param privateDnsZoneResourceId string

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetResourceId }
    customNetworkInterfaceName: '${name}-nic'
    privateLinkServiceConnections: [
      {
        name: name
        properties: {
          privateLinkServiceId: privateLinkServiceId
          groupIds: [groupId]
        }
      }
    ]
  }
}

resource dnsZoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: groupId
        properties: { privateDnsZoneId: privateDnsZoneResourceId }
      }
    ]
  }
}
