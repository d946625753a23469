namespace Switchyard.Core.Users;

/// <summary>Users who own projects together. Its id is no user's, so that an owner is either the one or the other.</summary>
/// <param name="Name">A slug, and no user's name: it is the first half of its projects' addresses.</param>
public sealed record Team(long Id, string Name, DateTimeOffset CreatedAt);

/// <summary>A user in a team.</summary>
/// <param name="Admin">Whether this one may say who is in it.</param>
public sealed record TeamMember(long UserId, string Name, bool Admin);
