metadata name = 'Event Hubs'
metadata description = 'The namespace with every hub and consumer group of the declaration; capture by the identity of the namespace. Identities only.'

import { diagnosticsType, eventHubsTopologyType, lockKindType, principalsType, privateNetworkType, roleAssignmentType, tagsType } from 'types.bicep'

@description('Name of the namespace.')
@minLength(6)
@maxLength(50)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Throughput units at the least: each takes in 1 MB or 1,000 events a second and gives out 2 MB or 4,096 events.')
@minValue(1)
@maxValue(40)
param capacity int

@description('Throughput units at the most. The namespace grows to it by itself, and does not shrink by itself.')
@minValue(1)
@maxValue(40)
param maximumThroughputUnits int

@description('The Event Hubs part of topology.json.')
param topology eventHubsTopologyType

@description('Name of the account that holds captured events.')
param storageAccountName string

@description('Who may do what, with which hub.')
param roleAssignments roleAssignmentType[]

@description('The identities of the role assignments.')
param principals principalsType

@description('The private way in; needed when isPrivate is true.')
param privateNetwork privateNetworkType?

@description('Closes the namespace to everything but the private network. No trusted service comes in: capture goes out.')
param isPrivate bool

@description('Where logs and metrics go.')
param diagnostics diagnosticsType

@description('Whether the namespace can be deleted.')
param lockKind lockKindType

var roleDefinitions = loadJsonContent('role-definitions.json')
var hubNames = map(topology.hubs, hub => hub.name)
var consumerGroups = flatten(map(topology.hubs, hub => map(hub.consumerGroups, group => { hub: hub.name, name: group.name })))
var capturedHubs = filter(topology.hubs, hub => hub.?captureDescription.?enabled ?? false)
var captureContainers = union(map(capturedHubs, hub => hub.captureDescription!.container), [])

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageAccountName

  resource blobService 'blobServices' existing = {
    name: 'default'
  }
}

resource captureTargets 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [for container in captureContainers: {
  parent: storageAccount::blobService
  name: container
}]

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: 'Standard'
    tier: 'Standard'
    capacity: capacity
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    isAutoInflateEnabled: maximumThroughputUnits > capacity
    maximumThroughputUnits: maximumThroughputUnits > capacity ? maximumThroughputUnits : 0
  }
}

resource networkRules 'Microsoft.EventHub/namespaces/networkRuleSets@2024-01-01' = {
  parent: namespace
  name: 'default'
  properties: {
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    defaultAction: isPrivate ? 'Deny' : 'Allow'
    trustedServiceAccessEnabled: true
    ipRules: []
    virtualNetworkRules: []
  }
}

// Only where something is captured, and only in that container: no identity has a role that nothing uses.
resource captureRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (container, index) in captureContainers: {
  name: guid(captureTargets[index].id, namespace.id, 'Storage Blob Data Contributor')
  scope: captureTargets[index]
  properties: {
    principalId: namespace.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitions['Storage Blob Data Contributor'])
    description: 'Event Hubs capture writes events as blobs.'
  }
}]

resource hubs 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = [for hub in topology.hubs: {
  parent: namespace
  name: hub.name
  properties: {
    partitionCount: hub.partitionCount
    retentionDescription: {
      cleanupPolicy: 'Delete'
      retentionTimeInHours: hub.messageRetentionInDays * 24
    }
    captureDescription: !(hub.?captureDescription.?enabled ?? false) ? null : {
      enabled: true
      encoding: 'Avro'
      intervalInSeconds: hub.captureDescription!.intervalInSeconds
      sizeLimitInBytes: hub.captureDescription!.?sizeLimitInBytes ?? 314572800
      skipEmptyArchives: true
      destination: {
        name: 'EventHubArchive.AzureBlockBlob'
        identity: {
          type: 'SystemAssigned'
        }
        properties: {
          storageAccountResourceId: storageAccount.id
          blobContainer: hub.captureDescription!.container
          archiveNameFormat: '{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}'
        }
      }
    }
  }
  dependsOn: [captureRoles]
}]

resource groups 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = [for group in consumerGroups: {
  parent: hubs[indexOf(hubNames, group.hub)]
  name: group.name
  properties: {}
}]

resource rolesOnHubs 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for assignment in roleAssignments: {
  name: guid(namespace.id, assignment.?entity ?? '', assignment.key, assignment.role)
  scope: hubs[indexOf(hubNames, assignment.?entity ?? '')]
  properties: {
    principalId: principals[assignment.principal].principalId
    principalType: principals[assignment.principal].principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitions[assignment.role])
    description: assignment.reason
  }
}]

resource namespaceDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: namespace
  properties: {
    workspaceId: diagnostics.workspaceResourceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (lockKind == 'CanNotDelete') {
  name: 'keep'
  scope: namespace
  properties: {
    level: 'CanNotDelete'
    notes: 'Events that are not yet read would go with it.'
  }
}

module endpoint 'private-endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    subnetResourceId: privateNetwork!.subnetResourceId
    privateLinkServiceId: namespace.id
    groupId: 'namespace'
    privateDnsZoneResourceId: privateNetwork!.dnsZones.serviceBus
  }
}

@description('Resource id of the namespace.')
output resourceId string = namespace.id

@description('Name of the namespace.')
output name string = namespace.name

@description('Host name of the namespace.')
output fullyQualifiedNamespace string = split(split(namespace.properties.serviceBusEndpoint, '/')[2], ':')[0]
