metadata name = 'Storage'
metadata description = 'One account for the app and its host: containers, queues and tables of the declaration, the deployment package, Event Grid dead letters. No keys.'

import { diagnosticsType, lockKindType, principalsType, privateNetworkType, roleAssignmentType, storageTopologyType, tagsType } from 'types.bicep'

@description('Name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('The storage part of topology.json.')
param topology storageTopologyType

@description('Container of the deployment package.')
param deploymentContainerName string

@description('How the data is copied. Standard_LRS, the cheapest, is lost with its data centre; ZRS keeps copies in three zones, GZRS another one in a second region.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GZRS'])
param skuName string

@description('Days for which a deleted blob can be brought back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int

@description('Who may do what, with the whole account or with one container.')
param roleAssignments roleAssignmentType[]

@description('The identities of the role assignments.')
param principals principalsType

@description('The private way in; needed when isPrivate is true.')
param privateNetwork privateNetworkType?

@description('Closes the account to everything but the private network and trusted services.')
param isPrivate bool

@description('Where logs and metrics go.')
param diagnostics diagnosticsType

@description('Whether the account can be deleted.')
param lockKind lockKindType

var roleDefinitions = loadJsonContent('role-definitions.json')
var containerNames = map(topology.containers, container => container.name)
var accountRoles = filter(roleAssignments, assignment => empty(assignment.?entity))
var containerRoles = filter(roleAssignments, assignment => contains(containerNames, assignment.?entity ?? ''))

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  //#checkov:skip=CKV_AZURE_59: Blobs are not public (allowBlobPublicAccess: false). The endpoint is, because Event Grid comes in as a trusted service, which the firewall lets in and a closed door does not.
  //#checkov:skip=CKV_AZURE_35: The firewall denies where networkIsolation is true; without it nothing gets in but by identity, for there are no keys.
  //#checkov:skip=CKV_AZURE_206: A parameter: Standard_LRS for trying out, Standard_GZRS in production.
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: skuName }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Not Disabled: Event Grid reads and writes here as a trusted service, which the firewall lets in and a closed door does not.
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: true
    }
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [for container in topology.containers: {
  parent: blobService
  name: container.name
  properties: { publicAccess: 'None' }
}]

resource deploymentContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobService
  name: deploymentContainerName
  properties: { publicAccess: 'None' }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = [for queue in topology.queues: {
  parent: queueService
  name: queue.name
}]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [for table in topology.tables: {
  parent: tableService
  name: table.name
}]

resource rolesOnAccount 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for assignment in accountRoles: {
  name: guid(account.id, assignment.key, assignment.role)
  scope: account
  properties: {
    principalId: principals[assignment.principal].principalId
    principalType: principals[assignment.principal].principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitions[assignment.role])
    description: assignment.reason
  }
}]

resource rolesOnContainers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for assignment in containerRoles: {
  name: guid(account.id, assignment.?entity ?? '', assignment.key, assignment.role)
  scope: containers[indexOf(containerNames, assignment.?entity ?? '')]
  properties: {
    principalId: principals[assignment.principal].principalId
    principalType: principals[assignment.principal].principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitions[assignment.role])
    description: assignment.reason
  }
}]

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (lockKind == 'CanNotDelete') {
  name: 'keep'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'Orders, photos and refunds would go with it.'
  }
}

resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: blobService
  properties: {
    workspaceId: diagnostics.workspaceResourceId
    // Who changed or deleted what. Not reads: the host reads its leases and asks its queues all the time, and logs are paid for by the GB.
    logs: [
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

resource queueDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: queueService
  properties: {
    workspaceId: diagnostics.workspaceResourceId
    // Metrics only: a log line for each poll of an empty queue would cost more than the queue.
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: tableService
  properties: {
    workspaceId: diagnostics.workspaceResourceId
    // Metrics only: an order is three transactions, and each would be a log line.
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

module blobEndpoint 'private-endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pep-${name}-blob'
    location: location
    tags: tags
    subnetResourceId: privateNetwork!.subnetResourceId
    privateLinkServiceId: account.id
    groupId: 'blob'
    privateDnsZoneResourceId: privateNetwork!.dnsZones.blob
  }
}

module queueEndpoint 'private-endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pep-${name}-queue'
    location: location
    tags: tags
    subnetResourceId: privateNetwork!.subnetResourceId
    privateLinkServiceId: account.id
    groupId: 'queue'
    privateDnsZoneResourceId: privateNetwork!.dnsZones.queue
  }
}

module tableEndpoint 'private-endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pep-${name}-table'
    location: location
    tags: tags
    subnetResourceId: privateNetwork!.subnetResourceId
    privateLinkServiceId: account.id
    groupId: 'table'
    privateDnsZoneResourceId: privateNetwork!.dnsZones.table
  }
}

@description('Resource id of the account.')
output resourceId string = account.id

@description('Name of the account.')
output name string = account.name

@description('Endpoints of the account.')
output endpoints { blob: string, queue: string, table: string } = {
  blob: account.properties.primaryEndpoints.blob
  queue: account.properties.primaryEndpoints.queue
  table: account.properties.primaryEndpoints.table
}
