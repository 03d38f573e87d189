metadata name = 'Network'
metadata description = 'The virtual network: a subnet that the function app joins, a subnet for private endpoints, and the DNS zones that lead to them.'

import { tagsType } from 'types.bicep'

@description('Names of the resources.')
param names { virtualNetwork: string, appSubnet: string, endpointSubnet: string }

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Address space, /24 or larger. Its first half is the app\'s subnet, for instances take addresses; private endpoints take the quarter after it.')
param addressPrefix string

var prefixLength = int(split(addressPrefix, '/')[1])
var appPrefix = cidrSubnet(addressPrefix, prefixLength + 1, 0)
var endpointPrefix = cidrSubnet(addressPrefix, prefixLength + 2, 2)

resource appSecurityGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: 'nsg-${names.appSubnet}'
  location: location
  tags: tags
  properties: {
    securityRules: []
  }
}

resource endpointSecurityGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: 'nsg-${names.endpointSubnet}'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'allow-app'
        properties: {
          description: 'The app reaches the private endpoints: HTTPS, and AMQP over TLS.'
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: appPrefix
          sourcePortRange: '*'
          destinationAddressPrefix: endpointPrefix
          destinationPortRanges: ['443', '5671']
        }
      }
      {
        name: 'deny-the-rest'
        properties: {
          description: 'Nobody else does.'
          priority: 4096
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource virtualNetwork 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: names.virtualNetwork
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: names.appSubnet
        properties: {
          addressPrefix: appPrefix
          networkSecurityGroup: { id: appSecurityGroup.id }
          // Flex Consumption joins by this delegation; without it the app stays outside.
          delegations: [
            {
              name: 'flex-consumption'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: names.endpointSubnet
        properties: {
          addressPrefix: endpointPrefix
          networkSecurityGroup: { id: endpointSecurityGroup.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

var zoneNames = [
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.queue.${environment().suffixes.storage}'
  'privatelink.table.${environment().suffixes.storage}'
  'privatelink.servicebus.windows.net'
  'privatelink.eventgrid.azure.net'
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for zoneName in zoneNames: {
  name: zoneName
  location: 'global'
  tags: tags
}]

resource zoneLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (zoneName, index) in zoneNames: {
  parent: zones[index]
  name: 'to-${names.virtualNetwork}'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: virtualNetwork.id }
  }
}]

@description('Resource id of the subnet that the function app joins.')
output appSubnetResourceId string = virtualNetwork.properties.subnets[0].id

@description('Resource id of the subnet for private endpoints.')
output endpointSubnetResourceId string = virtualNetwork.properties.subnets[1].id

@description('Resource ids of the private DNS zones. Event Hubs shares the zone of Service Bus.')
output dnsZones { blob: string, queue: string, table: string, serviceBus: string, eventGrid: string } = {
  blob: zones[0].id
  queue: zones[1].id
  table: zones[2].id
  serviceBus: zones[3].id
  eventGrid: zones[4].id
}
