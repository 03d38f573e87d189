using 'main.bicep'

// For customers: events from Service Bus, everything behind private endpoints, room to grow, somebody who is told.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param serviceBusTier = 'Premium'
param serviceBusCapacity = 1
param networkIsolation = true
param virtualNetworkAddressPrefix = '10.60.0.0/22'
param logicApps = true
param storageSkuName = 'Standard_GZRS'
param maximumInstanceCount = 200
param alwaysReady = true
param zoneRedundant = true
param eventHubsCapacity = 2
param eventHubsMaximumThroughputUnits = 20
param logRetentionInDays = 90
param logDailyQuotaGb = 20
param monthlyBudget = 2000
param budgetStartDate = readEnvironmentVariable('BUDGET_START_DATE', '')
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
param mailTo = readEnvironmentVariable('MAIL_TO', 'operators@example.com')
param operatorPrincipalId = ''
param lockKind = 'CanNotDelete'
