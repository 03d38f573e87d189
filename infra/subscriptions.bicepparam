using 'subscriptions.bicep'

// What main.bicep gave out, as azd keeps it in the environment.
param functionAppName = readEnvironmentVariable('FUNCTION_APP_NAME', '')
param nameToken = readEnvironmentVariable('NAME_TOKEN', '')
param storageAccountName = readEnvironmentVariable('STORAGE_ACCOUNT_NAME', '')
param serviceBusTier = readEnvironmentVariable('SERVICE_BUS_TIER', 'Standard')
param logicApps = bool(readEnvironmentVariable('LOGIC_APPS', 'false'))
