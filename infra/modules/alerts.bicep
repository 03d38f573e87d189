metadata name = 'Alerts'
metadata description = 'Alerts on metrics and on the log. Each has its runbook in docs/operations.md, under the heading that its description names.'

import { tagsType } from 'types.bicep'

@description('Prefix of every alert\'s name.')
param namePrefix string

@description('Region of the alert on the log. Alerts on metrics are global.')
param location string

@description('Tags.')
param tags tagsType

@description('Name of the Service Bus namespace.')
param serviceBusNamespaceName string

@description('Whether the namespace is Premium: only then it has a processor of its own to watch.')
param isPremium bool

@description('Name of the Event Hubs namespace.')
param eventHubsNamespaceName string

@description('Names of the custom topics of Event Grid.')
param topicNames string[]

@description('Names of the system topics of Event Grid.')
param systemTopicNames string[]

@description('Name of the Application Insights component.')
param applicationInsightsName string

@description('Messages that may wait in a queue for a quarter of an hour before somebody is told.')
param activeMessagesThreshold int

@description('Resource id of the action group.')
param actionGroupResourceId string

resource serviceBus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusNamespaceName
}

resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: eventHubsNamespaceName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

var ofEveryEntity = [{ name: 'EntityName', operator: 'Include', values: ['*'] }]

var namespaceAlerts = concat(
  [
    {
      name: 'service-bus-dead-letters'
      source: serviceBus.id
      namespace: 'Microsoft.ServiceBus/namespaces'
      severity: 2
      metric: 'DeadletteredMessages'
      aggregation: 'Maximum'
      threshold: 0
      dimensions: ofEveryEntity
      description: 'Messages are in a dead-letter queue. Runbook: Dead letters in Service Bus.'
    }
    {
      name: 'service-bus-backlog'
      source: serviceBus.id
      namespace: 'Microsoft.ServiceBus/namespaces'
      severity: 3
      metric: 'ActiveMessages'
      aggregation: 'Minimum'
      threshold: activeMessagesThreshold
      dimensions: ofEveryEntity
      description: 'A queue does not empty. Runbook: A queue grows.'
    }
    {
      name: 'service-bus-throttled'
      source: serviceBus.id
      namespace: 'Microsoft.ServiceBus/namespaces'
      severity: 2
      metric: 'ThrottledRequests'
      aggregation: 'Total'
      threshold: 0
      dimensions: ofEveryEntity
      description: 'Service Bus refuses requests because it is at its limit. Runbook: Throttling.'
    }
    {
      name: 'event-hubs-throttled'
      source: eventHubs.id
      namespace: 'Microsoft.EventHub/namespaces'
      severity: 2
      metric: 'ThrottledRequests'
      aggregation: 'Total'
      threshold: 0
      dimensions: []
      description: 'Event Hubs refuses requests because its throughput units are used up. Runbook: Throttling.'
    }
  ],
  isPremium
    ? [
        {
          name: 'service-bus-processor'
          source: serviceBus.id
          namespace: 'Microsoft.ServiceBus/namespaces'
          severity: 3
          metric: 'NamespaceCpuUsage'
          aggregation: 'Maximum'
          threshold: 70
          dimensions: []
          description: 'The messaging units of Service Bus are busy. Runbook: Throttling.'
        }
      ]
    : []
)

resource ofNamespaces 'Microsoft.Insights/metricAlerts@2018-03-01' = [for alert in namespaceAlerts: {
  name: '${namePrefix}${alert.name}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    description: alert.description
    severity: alert.severity
    scopes: [alert.source]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: alert.name
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: alert.namespace
          metricName: alert.metric
          timeAggregation: alert.aggregation
          operator: 'GreaterThan'
          threshold: alert.threshold
          dimensions: alert.dimensions
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupResourceId }]
  }
}]

var topicMetrics = [
  { name: 'dead-lettered', metric: 'DeadLetteredCount', threshold: 0, severity: 2, description: 'Event Grid has given up on events and wrote them to the dead-letter container. Runbook: Dead letters in Event Grid.' }
  { name: 'delivery-failing', metric: 'DeliveryAttemptFailCount', threshold: 10, severity: 3, description: 'A destination of Event Grid does not take events. Runbook: Event Grid cannot deliver.' }
]
var topicAlerts = flatten(map(
  concat(
    map(topicNames, name => { name: name, type: 'Microsoft.EventGrid/topics' }),
    map(systemTopicNames, name => { name: name, type: 'Microsoft.EventGrid/systemTopics' })
  ),
  source => map(topicMetrics, metric => { source: source, metric: metric })
))

resource ofTopics 'Microsoft.Insights/metricAlerts@2018-03-01' = [for alert in topicAlerts: {
  name: '${namePrefix}${alert.source.name}-${alert.metric.name}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    description: alert.metric.description
    severity: alert.metric.severity
    scopes: [resourceId(alert.source.type, alert.source.name)]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: alert.metric.name
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: alert.source.type
          metricName: alert.metric.metric
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: alert.metric.threshold
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupResourceId }]
  }
}]

resource failures 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${namePrefix}functions-failing'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Functions fail or log errors'
    description: 'Functions fail, or say that something was dropped. Runbook: Functions fail.'
    enabled: true
    severity: 2
    scopes: [applicationInsights.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: 'union (requests | where success == false | project name = operation_Name), (traces | where severityLevel >= 3 | project name = operation_Name)'
          timeAggregation: 'Count'
          dimensions: [{ name: 'name', operator: 'Include', values: ['*'] }]
          operator: 'GreaterThan'
          threshold: 5
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    autoMitigate: true
    actions: { actionGroups: [actionGroupResourceId] }
  }
}
