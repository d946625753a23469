namespace Switchyard.Core.Users;

/// <summary>Whom a right is given to: a user's or a team's id, or a group that is always there.</summary>
public static class Principal
{
    /// <summary>Every user.</summary>
    public const long AllUsers = 0;

    /// <summary>The administrators.</summary>
    public const long Administrators = -1;

    /// <summary>What a caller is: themselves, their teams, and the groups that are always there.</summary>
    public static IReadOnlyList<long> Of(Caller caller) => caller.Admin ? [caller.UserId, .. caller.Teams, AllUsers, Administrators] : [caller.UserId, .. caller.Teams, AllUsers];
}

/// <summary>A right that a principal was given; what the level means is its dialect's.</summary>
public readonly record struct Right(long Principal, int Level);

/// <summary>A scope of secrets, with who was given what in it.</summary>
public sealed record SecretScope(string Name, IReadOnlyList<Right> Rights);

/// <summary>A secret, sealed.</summary>
public sealed record SealedSecret(string Scope, string Name, string Sealed, DateTimeOffset ChangedAt);
