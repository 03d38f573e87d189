metadata name = 'Crossover'
metadata description = 'The print shop in a subscription: everything that infra/topology.json declares, the function app, its identities and roles, monitoring. Event subscriptions that call the app follow in subscriptions.bicep, once the code is there.'

import { lockKindType } from 'modules/types.bicep'

targetScope = 'subscription'

// ---------------------------------------------------------------------------------------------------------------- parameters

@description('Name of the environment (azd: AZURE_ENV_NAME). Part of every name.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Region. It must have Flex Consumption; Premium namespaces and zone redundancy are wanted too.')
@metadata({ azd: { type: 'location' } })
param location string

@description('''Tier of the Service Bus namespace.
Premium is paid for by the messaging unit and hour, used or not. It raises events to Event Grid: an idle queue wakes its function at once.
Standard costs a small base charge and then by the operation. It raises no events: a timer looks every minute whether the idle queue has messages. The largest message is 256 KB, and there are no private endpoints. docs/scale.md has the arithmetic.''')
@allowed(['Standard', 'Premium'])
param serviceBusTier string = 'Standard'

@description('Messaging units of a Premium namespace; two cost twice as much as one.')
@allowed([1, 2, 4, 8, 16])
param serviceBusCapacity int = 1

@description('Puts the app into a virtual network and everything it talks to behind private endpoints, of which each is paid for by the hour. Needs serviceBusTier Premium: a Standard namespace has no private endpoint.')
param networkIsolation bool = false

@description('Address space of the virtual network, /24 or larger: the app takes half of it. It must not overlap with what it is to be peered with.')
param virtualNetworkAddressPrefix string = '10.60.0.0/24'

@description('Mail of alerts and of photo outcomes is sent by Logic Apps and Azure Communication Services instead of by functions and an SMTP relay.')
param logicApps bool = false

@description('Host name of the SMTP relay that the functions hand mail to. Not read when logicApps is true.')
param smtpHost string = 'smtp.invalid'

@description('Port of the SMTP relay. Not 25, which an app in a virtual network cannot reach.')
param smtpPort int = 587

@description('Sender of every mail.')
param mailFrom string = 'print-shop@example.com'

@description('Who gets mail about alerts and photos.')
param mailTo string = 'operators@example.com'

@description('Who is mailed when a metric alert fires or the budget is used up. Empty: nobody.')
param alertEmail string = ''

@description('What the resource group may cost a month, in the currency of the subscription, before a warning goes out. 0: no budget.')
@minValue(0)
param monthlyBudget int = 100

@description('First day of the month in which the budget is first deployed, as 2026-11-01. Azure refuses another one for a budget that is there, so it is written down (azd: BUDGET_START_DATE) and not taken from the clock. Empty: no budget.')
param budgetStartDate string = ''

@description('Memory of an instance of the app in MB. Thumbnails of large photos want 2048.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances of the app at the most: the upper limit of scale and of cost.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Keeps instances ready of each function that Event Grid calls, so that the first event after a quiet time is taken at once. They are paid for all the time.')
param alwaysReady bool = false

@description('How stored data is copied.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GZRS'])
param storageSkuName string = 'Standard_ZRS'

@description('Spreads the app over the zones of the region, where the region has them. An always-ready function then has two instances.')
param zoneRedundant bool = false

@description('Throughput units of Event Hubs at the least; each is paid for by the hour.')
@minValue(1)
@maxValue(40)
param eventHubsCapacity int = 1

@description('Throughput units of Event Hubs at the most.')
@minValue(1)
@maxValue(40)
param eventHubsMaximumThroughputUnits int = 4

@description('Days for which logs are kept. The first 31 are part of the price of taking them in.')
@minValue(30)
@maxValue(730)
param logRetentionInDays int = 30

@description('Upper limit of logs a day in GB; -1: none.')
param logDailyQuotaGb int = 1

@description('Messages that may wait in a queue for a quarter of an hour before somebody is told.')
@minValue(1)
param backlogThreshold int = 1000

@description('Object id of a person who gets the data roles of the app, to look at and resubmit messages. Default: who deploys. Empty: nobody.')
param operatorPrincipalId string = deployer().objectId

@description('The kind of that principal. A pipeline that deploys is a ServicePrincipal.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'User'

@description('CanNotDelete keeps what holds data from being deleted, also by `azd down`.')
param lockKind lockKindType = 'None'

// --------------------------------------------------------------------------------------------------------------------- names
// All known before anything is made, so that what-if can show every resource.

var topology = any(loadJsonContent('topology.json'))
var roles = any(loadJsonContent('roles.json').assignments)
var abbreviations = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName, application: 'crossover' }
var names = {
  appIdentity: '${abbreviations.userAssignedIdentity}app-${token}'
  workspace: '${abbreviations.logAnalyticsWorkspace}${token}'
  applicationInsights: '${abbreviations.applicationInsights}${token}'
  actionGroup: '${abbreviations.actionGroup}${token}'
  virtualNetwork: '${abbreviations.virtualNetwork}${token}'
  storageAccount: '${abbreviations.storageAccount}${token}'
  serviceBusNamespace: '${abbreviations.serviceBusNamespace}${token}'
  eventHubsNamespace: '${abbreviations.eventHubsNamespace}${token}'
  plan: '${abbreviations.appServicePlan}${token}'
  functionApp: '${abbreviations.functionApp}${token}'
}
var deploymentContainerName = 'deployments'

var isPremium = serviceBusTier == 'Premium'
var isIsolated = networkIsolation && !isPremium
  ? fail('networkIsolation needs serviceBusTier Premium: a Standard namespace has no private endpoint.')
  : networkIsolation
var systemTopicsHere = filter(topology.eventGrid.systemTopics, topic => isPremium || topic.topicType != 'Microsoft.ServiceBus.Namespaces')

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: '${abbreviations.resourceGroup}${environmentName}'
  location: location
  tags: tags
}

// ---------------------------------------------------------------------------------------------------------------- identities

module appIdentity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: names.appIdentity
    location: location
    tags: tags
  }
}

// Who gets what, from roles.json; the operator gets the app's roles on messages and stored data. Event Grid's own identities are
// made with its topics, and so are their roles.
var appRoles = filter(roles, role => role.principal == 'app')
var operatorRoles = empty(operatorPrincipalId) ? [] : map(filter(appRoles, role => role.service != 'monitoring'), role => union(role, {
  principal: 'operator'
  reason: 'A person looks at messages, resubmits dead letters and starts flows by hand.'
}))
var keys = { app: names.appIdentity, operator: operatorPrincipalId }
var assignments = map(concat(appRoles, operatorRoles), role => {
  service: role.service
  assignment: {
    principal: role.principal
    key: keys[role.principal]
    role: role.role
    entity: role.?entity
    reason: role.reason
  }
})
var rolesByService = toObject(
  ['storage', 'serviceBus', 'eventHubs', 'eventGrid', 'monitoring'],
  service => service,
  service => map(filter(assignments, item => item.service == service), item => item.assignment)
)
var principals = {
  app: { principalId: appIdentity.outputs.principalId, principalType: 'ServicePrincipal' }
  operator: { principalId: operatorPrincipalId, principalType: operatorPrincipalType }
}

// ---------------------------------------------------------------------------------------------------------------- monitoring

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    names: {
      workspace: names.workspace
      applicationInsights: names.applicationInsights
      actionGroup: names.actionGroup
    }
    location: location
    tags: tags
    retentionInDays: logRetentionInDays
    dailyQuotaGb: logDailyQuotaGb
    alertEmail: alertEmail
    roleAssignments: rolesByService.monitoring
    principals: principals
  }
}

var diagnostics = { workspaceResourceId: monitoring.outputs.workspaceResourceId }

// ------------------------------------------------------------------------------------------------------------------- network

module network 'modules/network.bicep' = if (isIsolated) {
  scope: group
  params: {
    names: {
      virtualNetwork: names.virtualNetwork
      appSubnet: '${abbreviations.subnet}app'
      endpointSubnet: '${abbreviations.subnet}private-endpoints'
    }
    location: location
    tags: tags
    addressPrefix: virtualNetworkAddressPrefix
  }
}

var privateNetwork = isIsolated
  ? {
      subnetResourceId: network!.outputs.endpointSubnetResourceId
      dnsZones: network!.outputs.dnsZones
    }
  : null

// ----------------------------------------------------------------------------------------------------------------- messaging

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: names.storageAccount
    location: location
    tags: tags
    topology: topology.storage
    deploymentContainerName: deploymentContainerName
    skuName: storageSkuName
    softDeleteDays: 7
    roleAssignments: rolesByService.storage
    principals: principals
    privateNetwork: privateNetwork
    isPrivate: isIsolated
    diagnostics: diagnostics
    lockKind: lockKind
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  scope: group
  params: {
    name: names.serviceBusNamespace
    location: location
    tags: tags
    tier: serviceBusTier
    capacity: serviceBusCapacity
    topology: topology.serviceBus
    roleAssignments: rolesByService.serviceBus
    principals: principals
    privateNetwork: privateNetwork
    isPrivate: isIsolated
    diagnostics: diagnostics
    lockKind: lockKind
  }
}

module eventHubs 'modules/event-hubs.bicep' = {
  scope: group
  params: {
    name: names.eventHubsNamespace
    location: location
    tags: tags
    capacity: eventHubsCapacity
    maximumThroughputUnits: eventHubsMaximumThroughputUnits
    topology: topology.eventHubs
    storageAccountName: names.storageAccount
    roleAssignments: rolesByService.eventHubs
    principals: principals
    privateNetwork: privateNetwork
    isPrivate: isIsolated
    diagnostics: diagnostics
    lockKind: lockKind
  }
  dependsOn: [storage]
}

module eventGrid 'modules/event-grid.bicep' = {
  scope: group
  params: {
    names: {
      topicPrefix: abbreviations.eventGridTopic
      systemTopicPrefix: abbreviations.eventGridSystemTopic
      token: token
    }
    location: location
    tags: tags
    topology: topology.eventGrid
    deliveryRoles: filter(roles, role => role.principal == 'events')
    storageAccountName: names.storageAccount
    serviceBusNamespaceName: names.serviceBusNamespace
    eventHubsNamespaceName: names.eventHubsNamespace
    serviceBusRaisesEvents: isPremium
    roleAssignments: rolesByService.eventGrid
    principals: principals
    privateNetwork: privateNetwork
    isPrivate: isIsolated
    diagnostics: diagnostics
  }
  // Event Grid delivers and dead-letters there.
  dependsOn: [storage, serviceBus, eventHubs]
}

// ----------------------------------------------------------------------------------------------------------------------- app

var operationsTopic = first(filter(eventGrid.outputs.topics, topic => topic.name == 'operations'))!
// The functions that Event Grid calls; those of a system topic that is not there are never called.
var eventGridFunctions = union(map(
  filter(
    flatten(map(concat(topology.eventGrid.topics, systemTopicsHere), topic => topic.eventSubscriptions)),
    subscription => subscription.destination.endpointType == 'AzureFunction'
  ),
  subscription => subscription.destination.name
), [])

module functionApp 'modules/function-app.bicep' = {
  scope: group
  params: {
    names: {
      plan: names.plan
      app: names.functionApp
    }
    location: location
    tags: tags
    identity: {
      resourceId: appIdentity.outputs.resourceId
      clientId: appIdentity.outputs.clientId
    }
    deploymentContainerUrl: '${storage.outputs.endpoints.blob}${deploymentContainerName}'
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReady: alwaysReady ? map(eventGridFunctions, name => { name: 'function:${name}', instanceCount: zoneRedundant ? 2 : 1 }) : []
    zoneRedundant: zoneRedundant
    subnetResourceId: isIsolated ? network!.outputs.appSubnetResourceId : null
    diagnostics: diagnostics
    applicationInsightsName: names.applicationInsights
    appSettings: {
      AzureWebJobsStorage__blobServiceUri: storage.outputs.endpoints.blob
      AzureWebJobsStorage__queueServiceUri: storage.outputs.endpoints.queue
      AzureWebJobsStorage__tableServiceUri: storage.outputs.endpoints.table
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: appIdentity.outputs.clientId
      ServiceBusConnection__fullyQualifiedNamespace: serviceBus.outputs.fullyQualifiedNamespace
      ServiceBusConnection__credential: 'managedidentity'
      ServiceBusConnection__clientId: appIdentity.outputs.clientId
      EventHubsConnection__fullyQualifiedNamespace: eventHubs.outputs.fullyQualifiedNamespace
      EventHubsConnection__credential: 'managedidentity'
      EventHubsConnection__clientId: appIdentity.outputs.clientId
      OperationsTopic__topicEndpointUri: operationsTopic.endpoint
      OperationsTopic__clientId: appIdentity.outputs.clientId
      IDLE_QUEUE_WAKE_UP: isPremium ? 'events' : 'timer'
      SMTP_HOST: smtpHost
      SMTP_PORT: string(smtpPort)
      MAIL_FROM: mailFrom
      MAIL_TO: mailTo
    }
  }
}

module logicAppHandlers 'modules/logic-apps.bicep' = if (logicApps) {
  scope: group
  params: {
    names: {
      workflowPrefix: abbreviations.logicApp
      communicationPrefix: abbreviations.communicationService
      token: token
    }
    location: location
    tags: tags
    mailTo: mailTo
    diagnostics: diagnostics
  }
}

// -------------------------------------------------------------------------------------------------------------- supervision

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    namePrefix: '${environmentName}-'
    location: location
    tags: tags
    serviceBusNamespaceName: names.serviceBusNamespace
    isPremium: isPremium
    eventHubsNamespaceName: names.eventHubsNamespace
    topicNames: map(topology.eventGrid.topics, topic => '${abbreviations.eventGridTopic}${topic.name}-${token}')
    systemTopicNames: map(systemTopicsHere, topic => '${abbreviations.eventGridSystemTopic}${topic.name}-${token}')
    applicationInsightsName: names.applicationInsights
    activeMessagesThreshold: backlogThreshold
    actionGroupResourceId: monitoring.outputs.actionGroupResourceId
  }
  dependsOn: [serviceBus, eventHubs, eventGrid]
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0 && !empty(budgetStartDate)) {
  scope: group
  params: {
    name: '${abbreviations.budget}${environmentName}'
    amount: monthlyBudget
    startDate: budgetStartDate
    actionGroupResourceId: monitoring.outputs.actionGroupResourceId
  }
}

// ------------------------------------------------------------------------------------------------------------------- outputs
// azd keeps them in the environment; the second phase reads them there. None is a secret.

@description('Name of the resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app.')
output FUNCTION_APP_NAME string = functionApp.outputs.name

@description('Where the app answers.')
output FUNCTION_APP_URL string = functionApp.outputs.url

@description('Tier of the Service Bus namespace: the second phase has fewer subscriptions on Standard.')
output SERVICE_BUS_TIER string = serviceBusTier

@description('Whether Logic Apps send mail.')
output LOGIC_APPS bool = logicApps

@description('Name of the storage account.')
output STORAGE_ACCOUNT_NAME string = storage.outputs.name

@description('The token in every name.')
output NAME_TOKEN string = token
