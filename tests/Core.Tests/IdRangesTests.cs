using FsCheck;
using FsCheck.Fluent;
using Switchyard.Core.Storage;
using Xunit;

namespace Switchyard.Core.Tests;

public sealed class IdRangesTests
{
    [Fact]
    public void Ids_come_back_in_their_order() => FsCheck.Check.One(Config.QuickThrowOnFailure, Prop.ForAll(
        Gen.Choose(1, 40).ListOf().Select(ids => ids.Select(id => (1L << 50) + id).ToList()).ToArbitrary(),
        ids => IdRanges.Read(IdRanges.Write(ids)).SequenceEqual(ids)));

    [Fact]
    public void What_follows_each_other_is_one_range() => Assert.Equal("12-40,77,79-80", IdRanges.Write([.. Enumerable.Range(12, 29), 77, 79, 80]));
}
