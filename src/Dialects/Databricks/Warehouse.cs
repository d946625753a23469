namespace Switchyard.Dialects.Databricks;

/// <summary>A database that SQL tasks run on.</summary>
/// <param name="Address"><c>sqlite:FILE</c>, or <c>postgresql://USER@HOST/DATABASE</c> without a password.</param>
/// <param name="PasswordSecret">The name of the secret that is its password; null for none.</param>
public sealed record Warehouse(string Address, string? PasswordSecret = null);
