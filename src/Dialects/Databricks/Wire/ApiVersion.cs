namespace Switchyard.Dialects.Databricks.Wire;

/// <summary>The versions of the Jobs API; they share handlers and differ where these compare.</summary>
internal enum ApiVersion
{
    V20,
    V21,
    V22,
}
